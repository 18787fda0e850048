package reading

import (
	"regexp"
	"slices"
	"strings"

	"relance/domain/casefile"
	"relance/domain/scheme"
)

// What people ask about the state of their case: where it stands, what has come, what is missing, who is waited for, when it is decided and paid.
var (
	askedMatter = `(?:dossiers?|demandes?|aides?|subventions?|candidatures?|primes?|affaires?|avances?|instruction|application|aanvraag|file|request)`
	askedCase   = `(?:(?:mon|ma|min|notre|nos|mes|le|la|l'|ce|cette|du|de|du|d'|my|our|mijn|ons|onze) ?)(?:meme )?` + askedMatter
	askedPapers = `(?:pieces?|documents?|papiers?|justificatifs?|fichiers?|charte|contrat|rib|kbis|bail|quittances?|devis|bilans?|attestations?|avis|factures?|photos?|mail|mails|message|messages|courriel|courriels|envoi|dossier|demande|tout|papers|stukken|documenten|alles|everything|files?|application)`
	asksStage   = anyPlain(
		`\b(?:ou|oui) (?:en )?(?:est|sont|etes|on en est)\b`, `\b(?:en est|en sont|est) (?:rendue? )?ou\b`, `\bou (?:ca|cela|c') ?en est\b`, `\bou en (?:est|etes|sont|serait)\b`, `\betat d'avancement (?:de|du|d') ?(?:mon|ma|notre|son|ce|cette|la|l'|le)? ?`+askedMatter, `\betat (?:de|d'|du)(?: l')? ?(?:avancement|`+askedCase+`)\b`,
		`\bsuite (?:qui (?:a|est|sera) )?(?:\S+ )?(?:donnee|reservee)\b`, `\bsuite a donner\b`, `\bavancement (?:de|du|d') ?`+askedCase+`\b`, `\b`+askedCase+` (?:y |a |est ce qu'il |est ce qu'elle )?(?:avance|progresse|a avance|a progresse)\b`, `\b(?:avance|progresse)(?: t| ti)?(?: il| elle)?\b.*\b`+askedMatter, `\b(?:des|de|d'autres|aucunes?|une) nouvelles? (?:concernant|de|du|sur|pour|au sujet)\b.*\b`+askedMatter, `\bdu nouveau (?:pour|sur|concernant|dans)?\b`, `\bavez vous (?:eu )?(?:des|du) nouve\w+\b`,
		`\b(?:quel est|connaitre|savoir|indiquer|donner|preciser|connaitre) (?:le statut|l'etat|l'avancement|la situation|le stade|ou en est|l'etat d'avancement|le resultat|la suite|les suites)(?: .*\b`+askedMatter+`\b|$)`, `\b(?:statut|avancement|suivi) (?:actuel )?(?:de|du) (?:`+askedCase+`|mon|ma|notre)\b`, `\bou en etes vous\b`, `\bpoint (?:sur|d'etape)\b.*\b`+askedMatter,
		`\b(?:status|progress|state) of (?:my|our)\b`, `\bany (?:news|update)s?\b`, `\bhow is my\b`, `\bwhere (?:is|does|are) (?:my|our|you)\b.*\b(?:application|file|request|case|stand)\b`, `\bhoever staat\b`, `\bstand van zaken\b`, `\bhoe (?:ver|staat)\b`, `\bau point mort\b`, `\b(?:passee?|transmis\w*|arrivee?) (?:au|a la|en|chez|devant) (?:le |la )?(?:service|commission|instruct\w*)`)
	asksReceived = anyPlain(
		`\b(?:avez vous|vous avez|vous avez vous|l'avez vous|les avez vous|est ce que vous avez|esque vous avez|vous auriez|auriez vous|ont elles|ont ils|a t il|a t elle)\b(?: \S+){0,3}? (?:recu|recue|recus|recues|ressu|recut|receptionne\w*|eu)\b`, `\b`+askedPapers+`(?: \S+){0,8}? (?:est|sont|soit|soient)(?: \S+){0,2}? (?:arrive|parvenu|recu|receptionne|enregistre)\w*`, `\b(?:arrive|parvenu|recu)\w* (?:a bon port|chez vous|jusqu'a vous|a destination)\b`,
		`\b(?:bien ete|ete bien|bien|ete) (?:recu|recue|recus|recues|enregistre|enregistree|arrive|arrivee|arrives|arrivees|parvenu|parvenue|parvenus|parvenues|pris en compte|prise en compte|prises en compte)\b`, `\btout (?:est|est il|a ete|a t il ete) (?:bien )?(?:arrive|recu|la|ok|bon|en ordre|complet|parvenu)\b`, `\bavez vous (?:bien |tout )*(?:recu|eu)\b`, `\b(?:did|have) you (?:\S+ )?(?:get|got|receive|received)\b`, `\b(?:hebben jullie|hebt u|heeft u)\b.*\bontvangen\b`)
	asksMissing = anyPlain(
		`\b(?:qu'est ce qu'il|que|quoi|qu'il|il|ce qui|ce qu'il|encore|vous|me|quelque chose|rien|qui|quelles? \S+|quels? \S+|lesquel\w+|lequel|ce que)\b(?: \S+){0,3}? manqu\w+\b`, `\bmanque(?:\S* )(?:il|t il|ti|encore)\b`, `\bmanqu\w+ (?:encore|toujours|t il|quoi|a mon|a notre|quelque chose)\b`, `\b(?:dossier|demande)(?: \S+){0,4}? (?:est|serait|soit)(?: il| elle| bien| enfin| maintenant)* (?:complet|complete|en ordre|valide|validee|recevable)\b`, `\b(?:complet|complete)(?: ou (?:pas|non|incomplet\w*)|$)`, `\bsomething missing\b`, `\b(?:anything|what)(?: \S+){0,2}? missing\b`, `\bwat (?:ontbreekt|mist)\b`, `\b(?:reste|restent)(?: t il)?(?: encore)? (?:a envoyer|a fournir|a signer|quoi|des pieces)\b`, `\bquoi (?:a )?(?:signer|envoyer)\b`)
	asksWhen = anyPlain(
		`\b(?:quand|date|combien de temps|quel delai|quels delais|quels sont les delais|delai|delais|sous combien|dans combien|jusqu'a quand|wanneer|when|how long)\b(?: \S+){0,12}? (?:paye\w*|paie\w*|verse\w*|vire\w*|argent|sous|touche\w*|recevr\w*|recoi\w*|reponses?|decision|decider\w*|decide|statu\w*|traite\w*|instrui\w*|mandat\w*|solde|prononc\w*|saur\w*|fixe\w*|repond\w*|beslissing|betaald|paid|decision|decide\w*|answer|money)\b`,
		`\b(?:argent|virement|versement|paiement|aide|subvention|solde|somme|mandatement)\b(?: \S+){0,8}? (?:quand|a quelle date|vers quelle date|dans combien|sera|arrive|arrivera|prevu\w*|effectue\w*|mandate\w*|fait|parti)\b`, `\b(?:avant|pour) (?:d')?avoir une (?:reponse|decision)\b`, `\bquand (?:se reunit|passe|a lieu)\b`, `\b(?:commission|comite|jury)\b.*\b(?:statue|reuni\w*|passe\w*|decide)\b`)
	asksDecided = anyPlain(
		`\b(?:accepte|acceptee|validee?|approuvee?|accordee?|bon|ok|oui) ou (?:pas|non|refusee?|rejetee?)\b`, `\b(?:est|soit|sera|serait|a t|ont)(?: ce que)?(?: \S+){0,5}? (?:deja )?(?:ete )?(?:acceptee?s?|accordee?s?|validee?s?|approuvee?s?|mandatee?s?|payee?s?|versee?s?|instruite?s?|traitee?s?|statue|examinee?s?|prise)\b`, `\bavez vous (?:\S+ )?(?:statue|decide|traite|instruit|examine|etudie|pris (?:une|votre) decision|avance)\b`, `\b(?:la|une) decision (?:est elle|a t elle|a ete)\b.*\bprise\b`)
	asksAwaited = anyPlain(`\bqu'attend\w*\b`, `\battendez vous\b`, `\b(?:qui|quoi|qu'est ce|que|ce)(?: \S+){0,3}? (?:attend|attends|attendez vous|attendez|attendent|attendu)\b`, `\ba (?:moi|nous) (?:de|d')\b`, `\b(?:dois je|doit on|devons nous|faut il)(?: \S+){0,2}? (?:encore|autre|quelque)\b`, `\bqui (?:a la main|bloque)\b`, `\b(?:chez|entre vos|de votre cote)\b.*\b(?:attente|mains|cote)\b`)
	asksCharter = anyPlain(`\bcharte\b(?: \S+){0,6}? (?:fait|faite|signee|recue|ok|convient|valide|validee|bonne|enregistree|arrivee)\b`, `\b(?:convient|valable|valide)(?: t)?(?: il| elle)\b`)
)

// What a mail may say beside such a question without saying anything new, and what asks in general.
var (
	hello      = regexp.MustCompile(`^(?:(?:bonjour|bonsoir|bonjours|bjr|salut|hello|hi|dear|beste|goedemorgen|goedemiddag|geachte|cher|chere|madame|monsieur|mesdames|messieurs|mme|mr|m|sir|or|madam|et|a tous|a toutes|le service|dites|s'il vous plait|svp|stp|heer|mevrouw)(?: |$))+`)
	courtesies = regexp.MustCompile(`(?:^| )(?:(?:bien |tres )?cordialement|(?:bien )?a vous|bien a vous|salutations|sinceres salutations|respectueusement|(?:bonne|belle|excellente) (?:journee|soiree|fin de journee|continuation|reception)|bon(?: |ne )(?:week end|courage|apres midi)|(?:un grand |encore |mille )?merci(?: (?:beaucoup|infiniment|d'avance|par avance|bien|encore|a vous|pour (?:votre|vos|la|le|l'|tout|cette) ?(?:retour|reponse|aide|travail|attention|patience|comprehension|diligence|reponses|rapidite|accueil|bienveillance|message)(?: rapide)?))*|je vous (?:en )?(?:remercie|prie d'agreer|prie de (?:croire|recevoir))(?: \S+)*|kind regards|best regards|regards|thanks|thank you|met vriendelijke groeten?|vriendelijke groeten?|groeten|dans l'attente(?: de)?(?: votre| vos| vous)?(?: \S+){0,3}|cdt|cdlt|svp|s'il vous plait|stp)$`)
	closing    = regexp.MustCompile(`\b(?:(?:bien )?cordialement|bien a vous|sinceres salutations|salutations distinguees|kind regards|best regards|met vriendelijke groeten|groeten|merci d'avance|cdt|cdlt)\b.*$`)
	neutral    = anyPlain(`\b(?:j'ai|nous avons|je vous ai|nous vous avons|je vous l\S*|je les ai|je l'ai|on a|on vous a|i sent|i have sent|ik heb|je pensais|je croyais)\b(?: \S+){0,4}? (?:envoye\w*|renvoye\w*|depose\w*|transmi\w*|adresse|poste\w*|rempli\w*|fourni\w*|complete\w*|signe\w*|fait|tout|recu (?:votre|vos|aucun\w*|l'accuse)|l'honneur|mis|all|documents|verstuurd|gestuurd|opgestuurd|lé|eu de|rien recu|rien eu)\b`, `\b(?:sans|pas (?:de|eu de|recu de)|pu d'|plus de|toujours pas de|aucune?s?|toujours aucune?) (?:reponses?|nouvelles?|retours?|signe|nouvelle)\b`, `\btoujours rien\b`, `\b(?:j'attends?|nous attendons|j'attinds|on attend|ik wacht|i am waiting|i have been waiting|waiting|je patiente|nous patientons)\b`, `\b(?:je me permets|nous nous permettons)\b`, `\b(?:je reviens|nous revenons|je relance|nous relancons|relance)\b`, `\bc'est (?:encore |de nouveau |toujours )?(?:moi|nous|mme|mr|m|madame|monsieur|[a-z]+ [a-z]+)$`, `^(?:suite a|a la suite de|concernant|pour|au sujet de|objet|dossier|demande|ref|reference|n)\b(?: \S+){0,9}$`, `\bje recapitule\b`, `\b(?:envoye|envoyee|envoyes|envoyees|depose|deposee|fait|faite)$`, `\bne sais (?:pas|plus) (?:si|ou|quand)\b`, `\b(?:ca|cela|cha) fait\b(?: \S+){0,5} (?:jours?|semaines?|mois|mo)\b`, `\b(?:une|ma|mes|notre|petite) (?:petite |simple |seule |deux |autre )?questions?\b`, `\best ce normal\b`, `\bvous vous fichez\b`, `\bj'ai (?:bien )?recu (?:votre|vos|la|le|l')\b`, `\bmerci\b`, `\bvous nous sauvez\b`, `\b(?:je|nous) (?:vous )?(?:remercie|remercions)\b`)
	inGeneral  = anyPlain(`\b(?:me|nous) (?:renseigner|informer|tenir (?:au courant|informee?s?)|repondre|dire|rassurer|eclairer|confirmer|donner des nouvelles)(?: (?:svp|s'il vous plait|a ce sujet|la dessus|rapidement|merci|par retour))*$`, `\best ce (?:bien )?normal\b`, `^(?:et )?(?:si (?:oui|non)|sinon)\b`, `^(?:dans quel sens|lesquelles|lesquels|laquelle|lequel|quoi exactement)(?: exactement)?$`, `^une question\b`, `^(?:oui ou non|alors|ou pas|et alors|hein|nouvelles|hello)$`)
	asking     = regexp.MustCompile(`\b(?:pouvez|pourriez|pourrai\w*|pouvons|puis je|veuillez|merci de|je vous (?:demande|prie de|saurais gre|serais)|je (?:voudrais|souhaite\w*|veux|desire|demande|sollicite)|nous (?:voudrions|souhait\w+|voulons|demandons|sollicitons)|j'aimerais|nous aimerions|faites|dites moi|could you|can you|please|kunt u|est ce que|esque|c'est pour savoir|c pr savoir|pour savoir|savoir si|savoir ou|savoir quand|m'assurer)\b|\b(?:est|a t|sont|sera|avez|serai|aurai|ont|etes|va t|allez) (?:il|elle|ils|elles|vous|je|on)\b`)
)

// beyond are words of what a status question never is: a legal request, a complaint, other facts, other details, a wish that somebody has to carry out. One
// of them sends the mail to an officer, whatever it asks besides.
var beyond = anyPlain(
	`\b(?:recours|contest\w+|reclamation|plainte|avocat\w*|tribunal|mediateur|defenseur|juridique|injust\w*|motifs?|raisons?|pourquoi|explication\w*|expliqu\w+|justifi(?:er|ez|cation)|l ?232\w*|232 4|code des relations|implicite|silence|cada|acces a|copies?|communiquer (?:l'ensemble|copie|les|mon|l'integralite)|rgpd|cnil|donnees personnelles|supprim\w+|effac\w+)\b`,
	`\b(?:scandal\w+|honteux|inadmissible|inacceptable|incompet\w+|plaind\w+|responsable|superieur|hierarchi\w+|directeur|directrice|chef|maire|elus?|elue|depute\w*|prefet\w*|presse|journal\w*|agente?|collegue|accueil telephonique|rappel\w*|rappele\w*|appelez|appeler|telephone\w*|joindre|rendez vous|rdv|rencontrer|entretien)\b`,
	`\b(?:desist\w+|renonc\w+|annul\w+|retir\w+|abandonn\w+|plus besoin|arreter|stopper|clore|cloturer)\b`, `\b(?:chang\w+|nouveau (?:compte|rib|numero|gerant|local|bail|president|devis)|nouvel\w* (?:adresse|iban|associe\w*|demande|aide|adresse)|modifi\w+|rectifi\w+|corrig\w+|correction|erreurs?|erron\w+|trompe\w*|faux|fausse\w*|inexact\w*|incorrect\w*|remplac\w+|mettre a jour|mise a jour|desormais|dorenavant|finalement|entre temps|depuis peu|autre compte|compte suivant|ce compte|plutot sur|autre rib|iban|banque|bancaires?|bic)\b`,
	`\b(?:demenag\w+|(?:mon|ma|notre|l'|une|d'|cette|autre) ?adresse|mariage|divorc\w+|naissance|decede\w*|deces|malad\w+|hopital|hospital\w+|accident\w*|licenci\w+|embauch\w+|recrut\w+|salarie\w*|demission\w*|fermee?|fermeture|ferme|fermer|cess\w+|cedee?|ceder|cession|vend\w+|liquidation|redressement|sauvegarde|procedure|faillite|urgence financiere|expuls\w+|incendie|inonde\w*|sinistre\w*|travaux (?:termines|commences)|termine)\b`,
	`\b(?:fraud\w+|signale\w*|denonc\w+|voisin\w*|concurrent\w*|d'a cote|escro\w+|usurp\w+|pirat\w+|arnaque\w*)\b`, `\b(?:rembours\w+|echeances?|echeancier|mensualite\w*|report(?:er|ez|e|s)?|repouss\w+|prolong\w+|proro\w+|delai supplementaire|plus de temps|plus longtemps|sursis|avance sur|acompte|moratoire)\b`,
	`\b(?:droit a|ai je droit|eligib\w*|conditions?|cumul\w*|autres? aides?|autre dispositif|deuxieme demande|seconde demande|nouvelle demande|refaire (?:une|la) demande|peut on|puis je (?:aussi|encore|quand meme|commencer|deposer|demander|cumuler|beneficier|recevoir)|ai je le droit|combien (?:vais|allons|je|vous|nous|d'argent|vaut|reste)|montants?|calcul\w*|euros?|eur|centimes)\b`, `\b(?:que|seulement|uniquement|juste) (?:la moitie|une partie|\d)|\b(?:n'ai|n'avons|n'a) recu que\b|\bla moitie\b|\bpassee? le reste\b|\bmoins que\b|\bcomme promis\b|\bau lieu de\b`,
	`\b(?:enveloppe|budget|credits|fonds (?:public|est|a|reste|sera)|dispositif|reglement|mes clients|nos clients|client|clients|cabinet|statistiques?|combien de (?:dossiers|demandes|personnes|entreprises))\b`, `\b(?:ci joint\w*|cijoint\w*|piece jointe|pieces jointes|en annexe|je (?:vous )?(?:joins|transmets|envoie|adresse)|nous (?:vous )?(?:joignons|transmettons|envoyons|adressons) (?:le|la|les|ma|mon|notre)|veuillez trouver|vous trouverez|voici|attached|bijgevoegd|bijlage|in bijlage)\b`,
	`\b(?:comment|probleme\w*|bug|n'arrive pas|n'arrivons pas|n'arrive plus|impossible|ouvrir|lien|mot de passe|telecharg\w+|par courrier|par la poste|traduire|traduction|scanner|imprimer|imprimante|illisible|ne (?:marche|fonctionne)\w*|aidez\w*|m'aider|aider a)\b`, `\b(?:attestation de (?:depot|paiement|versement)|attestez|certifi\w+|facture acquittee|preuve de|un document (?:attestant|prouvant)|recepisse|duplicata|relance\w* (?:la|le|mon) (?:banque|comptable))\b`,
	`\b(?:dossier|demande|aide) (?:de|d'|du|a) (?:ma (?:soeur|mere|fille|femme|voisine|cousine|belle)|mon (?:frere|pere|fils|mari|voisin|cousin|ami|amie|beau|client|patron|bailleur|associe)|mes parents|m|mme|mr|madame|monsieur|la societe|l'entreprise)\b`, `\b(?:sinon|mise en demeure|menac\w+|poursui\w+|dernier avertissement|huissier|delai de \d+ jours|sous (?:huit|quinze|\d+) jours|faute de quoi|a defaut)\b`,
	`\b(?:je|nous) ne (?:signe|veu|veux|voulons|peux|pouvons|souhait|accept|compt)\w*`, `\b(?:demande|courrier|lettre) (?:de|d') ?(?:delai|report|recours|remise|rectification|documents?)`,
	`\b(?:sur|a) quel(?:le)? (?:compte|nom|adresse|banque|personne|titre)\b`, `\bque (?:je|nous) (?:vous )?(?:ai|avons) (?:fait|paye|verse|vire)`, `\b(?:withdraw|cancel|complain|appeal|bank|account|changed?|intrek\w*|bezwaar|klacht|rekening|wijzig\w*)\b`,
	`\b(?:je ne suis plus|je n'ai plus|nous n'avons plus|n'existe plus|j'ai oublie|nous avons oublie|j'ai omis|il y a une|precis\w+ que|vous informe|vous signale|informer que|noter que|notez|sachez|attention)\b`)

// lookup is a set of expressions, to be found in a text that plain has folded.
type lookup []*regexp.Regexp

func anyPlain(expressions ...string) (l lookup) {
	for _, e := range expressions {
		l = append(l, regexp.MustCompile(e))
	}
	return l
}

// MatchString tells whether any of them matches.
func (l lookup) MatchString(text string) bool {
	return slices.ContainsFunc(l, func(e *regexp.Regexp) bool { return e.MatchString(text) })
}

// AsksState tells whether a mail asks where the case stands and nothing else: what is there, what is missing, who is waited for, when it will be
// decided or paid. Each of its sentences has to be such a question in known words, a courtesy, or a word on what was sent and since when one waits; any other word
// leaves it to an officer, as does another case's reference.
func AsksState(subject, reply, reference string) bool {
	const longest = 1500 // bytes: who writes more has something to tell
	if len(reply) > longest || Contest(subject, reply) != "" || !only(reference, subject+"\n"+reply) {
		return false
	}
	if beyond.MatchString(plain(scheme.Fold(subject))) {
		return false
	}
	asked := 0
	for _, u := range units(reply) {
		words := courteous(u.words)
		switch {
		case words == "":
		case beyond.MatchString(words):
			return false
		case aboutState(words, u.asks || asking.MatchString(words)):
			if strangeWords(words) > 0 {
				return false
			}
			asked++
		case inGeneral.MatchString(words), neutral.MatchString(words) && !u.asks && !asking.MatchString(words) && strangeWords(words) < 2:
		case u.asks || asking.MatchString(words):
			return false
		case !signed.MatchString(u.raw): // a new fact may be as short as a name
			return false
		}
	}
	return asked > 0
}

// aboutState tells whether a sentence asks about the state. What is missing or has come, and who waits, is a question only where it is asked.
func aboutState(words string, asks bool) bool {
	if asksStage.MatchString(words) {
		return true
	}
	return asks && (asksReceived.MatchString(words) || asksMissing.MatchString(words) || asksWhen.MatchString(words) || asksDecided.MatchString(words) || asksAwaited.MatchString(words) || asksCharter.MatchString(words))
}

// only tells whether a text names no case but one.
func only(reference, text string) bool {
	return !slices.ContainsFunc(casefile.FindReferences(text), func(found string) bool { return !strings.EqualFold(found, reference) })
}

// unit is a sentence, in plain words.
type unit struct {
	raw   string
	words string
	asks  bool // it ends with a question mark
}

// units cuts a text into sentences, also at lines that are short, as those of greetings and signatures are.
func units(text string) (list []unit) {
	const short = 50 // characters: a longer line may go on in the next
	var paragraph strings.Builder
	flush := func() {
		for _, s := range sentences(paragraph.String()) {
			if words := plain(proper.ReplaceAllString(s, "$1")); words != "" {
				list = append(list, unit{strings.TrimSpace(s), words, strings.Contains(s, "?")})
			}
		}
		paragraph.Reset()
	}
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		paragraph.WriteString(line + " ")
		if len([]rune(line)) < short {
			flush()
		}
	}
	flush()
	return list
}

// signed is a line of a signature, or a single word: each word begins with a capital or a figure, but for those between names and what somebody is.
var signed = regexp.MustCompile(`^(?:(?i:bonjour|bonsoir),? )?(?:(?i:c['’]est|ici) )?(?:[\p{Lu}\d][\p{L}\d.'’&/-]*|(?:de|du|des|la|le|les|et|d'|l'|rue|avenue|impasse|place|boulevard|g[ée]rante?|pr[ée]sidente?|tr[ée]sori[eè]re?|directrice|directeur|responsable|secr[ée]taire|artisan|tel|t[ée]l[ée]?\.?|[:,;()–-])|[\s,;:.()/–-])+[.!]*$|^\S+[.!]*$`)

// proper is the name of a firm or an association, behind what says that it is one.
var proper = regexp.MustCompile(`(?i:\b(association|soci[ée]t[ée]|entreprise|sarl|sas|eurl|dossier|demande|boutique|restaurant|h[ôo]tel))\s+\p{Lu}[\p{L}\p{N}'’-]*(?:\s+(?:(?:de la|de|des|du|le|la|les|et)\s+|[dl]['’])?\p{Lu}[\p{L}\p{N}'’-]*)*`)

// courteous is a sentence without the greeting before it and the courtesies behind it.
func courteous(words string) string {
	words = hello.ReplaceAllString(words, "")
	words = closing.ReplaceAllString(words, "")
	for before := ""; before != words; {
		before = words
		words = strings.TrimSpace(courtesies.ReplaceAllString(words, ""))
	}
	return words
}
