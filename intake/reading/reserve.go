package reading

import (
	"regexp"
	"strings"

	"relance/mail/message"
)

// A signature counts where nothing near it takes part of it back. Whether a text does is told by its words, not by
// their place: a condition may stand before the phrase, behind it, in the subject or under the name. Courtesies, in
// which « si » and « avant » are usual, are taken out first.

// reserving are the words with which one takes back, limits, or makes depend on something, in French, Dutch, English
// and German. They are folded: no accents, small letters.
var reserving = regexp.MustCompile(`\b(?:` + strings.Join([]string{
	// French
	`sauf`, `reserves?`, `reserv(?:ee|er|ons|ant|ent)\w*`, `conditions?`, `conditionn\w*`, `mais`, `excepte\w*`,
	`exceptions?`, `hormis`, `hors`, `exclu(?:s|e|es|ant|ons|re|sion)?`, `toutefois`, `cependant`,
	`neanmoins`, `pourtant`, `en revanche`, `par contre`, `contrairement`, `a moins`, `moyennant`, `pourvu`, `si`,
	`s'(?:il|ils|elle|elles|i)`, `(?:au|dans le) cas ou`, `le cas echeant`,
	`des (?:lors|que|qu'\w+)`, `une fois`, `apres (?:que|qu'\w+|avoir|accord|validation|reception|versement|le|la)`,
	`lorsque?`, `lorsqu'\w+`, `quand`, `tant (?:que|qu'\w+)`, `jusqu'?\w*`,
	`avant (?:que|qu'\w+|de|d'\w+)`, `en attendant`, `dans l'attente`, `provisoire\w*`, `temporaire\w*`, `uniquement`,
	`seulement`, `exclusivement`, `partiel\w*`, `en partie`, `pour partie`,
	`limit(?:e|es|ee|ees|er|ons|ant)`, `subordonn\w+`, `depend\w*`,
	`sans (?:que|engagement|m'engager|nous engager|accepter|reconnaitre|approuver|prejudice|valeur|etre d'accord|avoir lu|lire)`,
	`ne`, `n'\w+`, `pas`, `non`, `aucun\w*`, `jamais`, `refus\w*`, `rejett?\w*`, `conteste\w*`, `contestons`,
	`desaccord`, `oppos\w+`, `contraint\w*`, `forcee?s?`, `oblige\w*`, `sous (?:la )?(?:pression|menace)`,
	`malgre`, `bien que`, `quoique`, `nulle?s?`, `annul\w+`, `resili\w+`, `retract\w+`, `retir\w+`, `renonc\w+`,
	`supprim\w+`, `raye\w*`, `rayons`, `j'ai barre`, `(?:je|nous) barr\w+`, `barr(?:ee|es|ees|er)`,
	`modifi\w+`, `corrig\w+`, `remplace\w*`, `negoci\w+`, `(?:a|en|re) ?discut\w+`, `discuterons`, `a revoir`,
	`exig\w+`, `a titre (?:indicatif|provisoire|conservatoire|precaire)`,
	`pour (?:test|essai|de faux|rire)`, `au lieu`, `plutot`, `ou bien`,
	`(?:l')?articles? (?:\d+|premier|un|deux|trois|quatre|cinq|six|sept|huit|neuf|dix)`, `clauses?`, `alineas?`,
	`paragraphes?`, `points? (?:\d+|un|deux|trois|quatre|cinq)`,
	`accord de principe`, `en principe`, `(?:a|reste a) (?:preciser|definir|clarifier|etudier|negocier|debattre)`, `reste (?:en suspens|ouverte?)`, `faute de`, `a defaut`,
	`(?:etant|bien) entendu que?`, `a charge`, `en (?:contrepartie|echange)`, `contre (?:le |un )?(?:versement|paiement)`, `dans la (?:limite|mesure)`, `autant que`, `a hauteur de`,
	`pour une duree`, `sans (?:garantie|obligation)`, `quitte a`, `a ma convenance`, `supposant`, `suppose`, `en dehors`, `a part`, `mis a part`, `autrement`,
	// English
	`except\w*`, `unless`, `provided`, `providing`, `subject to`, `but`, `however`, `although`, `though`, `if`,
	`as long as`, `until`, `only`, `without`, `not`, `don't`, `won't`, `doesn't`, `cannot`,
	`under (?:protest|duress|condition)`, `condition(?:al|ally|ed)`, `(?:with|under) (?:\w+ )?reservations?`,
	`excluding`, `exclud\w+`, `apart from`, `other than`, `refuse\w*`, `disagree\w*`, `whereas`, `once`, `pending`,
	`partly`,
	`partially`, `withdraw\w*`, `cancel\w*`,
	`save for`, `barring`, `in principle`, `to the extent`, `assuming`, `on the understanding`, `as far as`, `so far as`, `contingent`, `otherwise`, `aside from`, `void`, `neither`, `never`, `nothing`,
	// Dutch
	`behalve`, `behoudens`, `voorbehoud\w*`, `onder protest`, `mits`, `tenzij`, `maar`, `echter`, `op voorwaarde`,
	`voorwaard\w*`, `uitgezonderd`, `uitzondering\w*`, `indien`, `als`, `alleen`, `slechts`, `zonder`, `niet`,
	`geen`, `zolang`, `totdat`, `nadat`, `voordat`, `hoewel`, `ofschoon`, `weiger\w*`, `oneens`, `artikel`,
	`gedeeltelijk`, `zodra`, `mocht`,
	`in zoverre`, `voor zover`, `enkel`, `uitsluitend`, `in afwachting`, `in principe`, `nooit`, `op voorwaarde`, `afgezien`, `met dien verstande`,
	// German
	`ausser`, `ausgenommen`, `ausnahme\w*`, `vorbehalt\w*`, `vorbehaltlich`, `bedingung\w*`, `aber`, `jedoch`,
	`sofern`, `soweit`, `falls`, `wenn`, `ohne`, `nicht`, `kein\w*`, `nur`, `solange`, `nachdem`, `bevor`, `obwohl`,
	`allerdings`, `unter protest`, `teilweise`, `verweiger\w*`, `ablehn\w*`, `widerspr\w*`, `lehne`, `es sei denn`,
	`sobald`, `lediglich`, `im prinzip`, `grundsatzlich`, `insoweit`, `insofern`, `abgesehen`, `bis auf`, `vorlaufig`, `dagegen`, `niemals`, `nie`, `unbeschadet`, `ungeachtet`, `weigere`,
}, `|`) + `)\b`)

// ending is what a courtesy may end with: a condition that is about writing, not about signing.
const ending = `(?: (?:si|en cas de|pour|s'il) (?:(?:besoin|necessaire|questions?|toute question|toute information|tout renseignement|` +
	`vous avez besoin|il manque quelque chose|il manque une piece|manque une piece|vous avez (?:la moindre|des|une|d'autres) questions?|` +
	`quoi que ce soit|plus d'informations?|complementaires?|supplementaires?|ou|d'informations?|renseignements?|precisions?|de)(?: |$))*)?`

// polite are the courtesies that hold such a word, as whole sentences.
var polite = regexp.MustCompile(`^(?:(?:bonjour|bonsoir|merci|et|madame|monsieur|bien) )*(?:` + strings.Join([]string{
	`(?:n'hesitez pas|ne pas hesiter|merci de ne pas hesiter) a (?:me|nous) ` +
		`(?:contacter|appeler|ecrire|joindre|rappeler|recontacter|solliciter|le dire|(?:faire|tenir) (?:signe|informes?|savoir)|revenir vers (?:moi|nous))` + ending,
	`n'hesitez pas` + ending,
	`(?:je|nous) (?:reste|restons|suis|sommes|me tiens|nous tenons)(?: bien)?(?: entendu)?(?: entierement)? ` +
		`(?:a (?:votre|l'entiere|votre entiere) disposition|disponibles?|joignables?)` + ending,
	`restant a (?:votre|votre entiere) disposition` + ending,
	`(?:dites|faites) (?:le )?(?:moi|nous)(?: le)?(?: savoir)?` + ending,
	`(?:merci de|veuillez) (?:me|nous) (?:dire|prevenir|contacter|appeler|confirmer|indiquer)` + ending,
	`si (?:besoin|necessaire)`,
	`(?:je|nous) (?:reste|restons) dans l'attente (?:de|d'une?) (?:votre |vos )?(?:reponse|retour|decision|nouvelles|suites?|confirmation)(?: favorable)?`,
	`dans l'attente (?:de|d'une?) (?:(?:votre|vos|vous) )?(?:reponse|retour|decision|nouvelles|suites?|confirmation|lire)\b(?: favorable)?` +
		`(?: (?:je|nous|veuillez|recevez|bien|cordialement)\b[\w ']*)?`,
	`(?:dans|en) (?:l'attente|attente|attendant)(?: (?:de )?(?:votre|vos) (?:retour|reponse|nouvelles|decision))?(?: (?:bien )?cordialement)?`,
	`sans faute`, `(?:ce|cet) (?:message|mail|courriel|e mail) (?:a ete|est) envoye (?:de|depuis|par)[\w ']*`,
	`please (?:do not|don't) hesitate to (?:contact|call|write to) (?:me|us)(?: if (?:you have any questions?|needed|necessary))?`,
	`(?:do not|don't) hesitate to (?:contact|call) (?:me|us)(?: if (?:you have any questions?|needed))?`,
	`(?:please )?let (?:me|us) know if (?:you (?:have any questions?|need anything(?: else)?)|anything is missing)`,
	`(?:als|mocht) u (?:nog )?vragen (?:heeft|hebt|hebben)(?: neem gerust contact op| hoor ik het graag| laat het (?:mij|ons|me) weten)?`,
	`aarzel niet (?:om )?(?:mij|ons|me)? ?(?:te )?(?:contacteren|bellen)`,
	`(?:bei|falls sie) (?:fragen|ruckfragen)(?: haben)? (?:stehe ich|melden sie sich)[\w ]{0,40}`,
	`wenn sie fragen haben(?: melden sie sich(?: bitte)?(?: bei (?:mir|uns))?)?`,
}, `|`) + `)(?: (?:bien )?cordialement| merci| par avance| d'avance)*$`)

// machine are what mail programs and firms put under every mail, as whole sentences.
var machine = regexp.MustCompile(strings.Join([]string{
	`confidentiel`, `confidential`, `vertrouwelijk`, `vertraulich`, `destinataire`, `recipient`, `addressee`,
	`ontvanger`, `geadresseerde`, `empfanger`, `adressat`, `environnement`, `environment`, `milieu`, `umwelt`,
	`imprim`, `print`, `drucken`, `virus`, `antivirus`, `avast`, `usage exclusif`, `par erreur`, `in error`,
	`iphone`, `android`, `outlook`, `samsung`, `galaxy`, `mobile`,
}, `|`))

// aboutSigning is what a machine's sentence may not speak of: a reservation that pretends to be one.
var aboutSigning = regexp.MustCompile(`\b(?:` + strings.Join([]string{
	`charte`, `contrat`, `sign\w+`, `engage\w*`, `articles?`, `clauses?`, `handvest`, `charter`, `unterschr\w*`,
	`unterzeich\w*`, `onderteken\w*`, `teken`, `accord`, `obligations?`, `reserves?`,
}, `|`) + `)\b`)

// innocent are turns in which such a word reserves nothing.
var innocent = regexp.MustCompile(`\b(?:` + strings.Join([]string{
	`s'il (?:vous|te) plait`, `pas de calais`, `des que possible`, `(?:a )?responsabilite limitee?`,
	`si (?:vite|rapidement|rapide|bien|gentiment|longtemps|reactifs?|reactive)`,
	`(?:sans|aucune?|pas de|pas d') ?(?:soucis?|problemes?|doute|hesitation|reserves?|restriction|reserve ni condition|condition|conditions)`,
	`(?:sans )?(?:reserve|restriction) (?:ni|et sans) (?:reserve|restriction|condition)`,
	`(?:ouvert|ferme)\w* (?:\w+ ){0,8}(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|midi)s?`,
	`(?:sauf|hors) (?:le |les )?(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|jours? feries?|vacances)s?`,
	`desolee?s? (?:de )?n'avoir pas (?:repondu|signe) (?:avant|plus tot|plus vite)`,
	`(?:desolee?s?|pardon|excusez moi|navree?s?) (?:de ne pas avoir|si je n'ai pas|je n'ai pas pu) (?:pu )?(?:vous )?(?:repond\w+|signe\w*|fait) (?:plus tot|avant|plus vite)`,
	`without (?:any )?(?:reservation|condition)s?`, `zonder voorbehoud`, `ohne vorbehalt`,
}, `|`) + `)\b`)

// reserves tells whether a text, beside the phrase that signs, takes something back, limits it or makes it depend on
// something.
func reserves(text string) bool {
	for _, sentence := range pieces(text) {
		if whole := plain(sentence); machine.MatchString(whole) && !aboutSigning.MatchString(whole) {
			continue
		}
		for _, part := range strings.Split(sentence, ",") {
			if words := bare(part); !polite.MatchString(words) && reserving.MatchString(words) {
				return true
			}
		}
	}
	return false
}

// bare are the words of a text without the phrase and without turns that reserve nothing.
func bare(text string) string {
	words := strings.ReplaceAll(plain(text), "’", "'")
	words = innocent.ReplaceAllString(signing.ReplaceAllString(words, " "), " ")
	return strings.Join(strings.Fields(words), " ")
}

// reserved tells whether a mail that signs takes something back: in what was written, in its subject, or under the
// mark of a signature, where few look. A mail too long to be read to its end may.
func (in Input) reserved(written string) bool {
	if len(in.Message.Reply) > maxText || in.Message.Cut || reserves(written) || reserves(in.subject()) {
		return true
	}
	for _, sentence := range pieces(message.Beneath(in.Message.Text)) {
		if words := bare(sentence); reserving.MatchString(words) && aboutSigning.MatchString(words) {
			return true
		}
	}
	return false
}

// ourSubjects are those of our mails on the charter that hold such a word.
var ourSubjects = regexp.MustCompile(`\b(?:` + strings.Join([]string{
	`la charte renvoyee n'a pas le meme texte`, `l[ea] (?:charte|contrat) renvoyee? n'est pas signee?`,
	`votre refus de signer (?:la charte d'engagement|le contrat d'avance)`,
}, `|`) + `)\b`)

// subject is the subject of a mail without the words that are ours: it answers one of our mails, whose subject names
// the scheme.
func (in Input) subject() string {
	words := plain(in.Message.Subject)
	for _, ours := range []string{in.Scheme.Name, in.State.Reference} {
		words = strings.ReplaceAll(words, plain(ours), " ")
	}
	return ourSubjects.ReplaceAllString(words, " ")
}

var pieceEnd = regexp.MustCompile(`[.!?;:]+\s+|[.!?;:]+$|\n\s*\n`)

// pieces cuts a text into sentences. A line break ends one only where the next line begins with a capital: mail
// programs break lines.
func pieces(text string) (list []string) {
	text = lineStart.ReplaceAllString(strings.ReplaceAll(text, "\r", ""), ".\n$1")
	start := 0
	for _, end := range pieceEnd.FindAllStringIndex(text, -1) {
		list = append(list, text[start:end[1]])
		start = end[1]
	}
	return append(list, text[start:])
}

var lineStart = regexp.MustCompile(`\n\s*(\p{Lu})`)
