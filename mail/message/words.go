package message

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// folded brings a text into the form in which phrases are looked for: small letters without accents, straight apostrophes, one space
// between words. What mail programs say of themselves is short, so that the beginning of a long text is enough.
func folded(text string) string {
	const enough = 8_000
	if len(text) > enough {
		text = strings.ToValidUTF8(text[:enough], "")
	}
	if isASCII([]byte(text)) {
		return strings.Join(strings.Fields(strings.ToLower(text)), " ")
	}
	plain := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(text))
	return strings.Join(strings.Fields(quotes.Replace(plain)), " ")
}

var quotes = strings.NewReplacer("’", "'", "‘", "'", "´", "'", "`", "'", "\u00a0", " ", "\u202f", " ", "‑", "-")

// anyOf finds any of several phrases in a folded text. In a phrase, [^.] goes on to the end of the sentence: past the stops of an address.
func anyOf(phrases ...string) *regexp.Regexp {
	return regexp.MustCompile(`\b(?:` + strings.ReplaceAll(strings.Join(phrases, "|"), `[^.]`, `(?:[^.]|\.\w)`) + `)`)
}

// What mail servers say of a mail that they have not delivered, in English, French, German, Dutch, Spanish and Italian.
var failureWords = anyOf(
	`undeliver(?:able|ed)`, `non-?deliver`, `not deliver(?:ed|able)`, `failure (?:notice|delivery)`, `return(?:ed|ing) (?:mail|letter|message|to sender)`,
	`(?:can|could|was|were|has|have|is|be)(?: not|n't)(?: yet)?(?: been| be)? (?:deliver|reach|accept|sent|transmit)`, `cannot be (?:deliver|reach)`, `did not reach`,
	`(?:unable|not able|failed|wasn't able) to (?:deliver|send|relay|reach)`, `deliver(?:y|ing) [^.]{0,80}(?:fail|impossible|error|problem)`,
	`delivery (?:has )?fail`, `deliver(?:y|ed)? (?:error|incomplete|problem)`, `fail(?:ed|ure)? (?:to deliver|delivery|recipient|address)`, `error (?:while )?deliver`,
	`(?:mail|message|e-?mail)(?: you sent| delivery)?(?: has| have| was| were)?(?: been)?(?: automatically)? (?:fail|error|reject|refus|block|bounc|return)`,
	`(?:reject|refus|block)ed (?:your|by|the|mail|message|e-?mail)`, `delivery (?:of [^.]{0,40})?(?:was|has been) (?:stopped|blocked|refused|prevented|aborted)`, `\brejected:`, `permanent (?:fatal |delivery )?(?:error|failure)`, `fatal (?:delivery )?error`, `unrecoverable error`,
	`no such (?:user|address|recipient|mailbox)`, `(?:user|recipient|mailbox|address) (?:is )?(?:unknown|not found)`, `unknown (?:user|recipient|address|mailbox)`,
	`does(?:n't| not) (?:exist|have an?)`, `no mailbox`, `delivery (?:time )?expired`, `mailbox (?:is )?full`, `over ?quota`, `quota exceeded`, `mail system error`,
	`non (?:remis|distribu|deliv|achemin|livr)`, `n'(?:a|ont|ai|avons|est) [^.]{0,30}(?:remis|distribu|deliv|livr|achemin)`, `pas (?:ete|etre) (?:remis|distribue|delivre|livre|achemine)`,
	`(?:impossible|impossibilite) de (?:remettre|distribuer|delivrer|livrer|acheminer|joindre)`, `(?:echec|erreur) (?:de|d'|lors de|a) ?(?:la |l')?(?:remise|distribution|envoi|acheminement|livraison|notification)`,
	`\(echec\)`, `avis (?:de non|d'echec)`, `abandon(?:ne)? de la (?:remise|distribution|livraison)`, `abandonne la (?:remise|distribution|livraison)`, `(?:message|courriel|courrier|e-?mail|mail) [^.]{0,80}(?:rejete|refuse|bloque|abandonne|retourne)\b`,
	`retour d[eu] (?:votre )?(?:message|courrier|courriel|mail)`, `(?:destinataire|adresse|boite|compte|utilisateur)[^.]{0,60} (?:introuvable|inconnue?|inexistante?|n'existe|inacti|suspendu|plein|sature)`,
	`unzustellbar`, `nicht (?:erfolgreich )?(?:zugestellt|ubermittelt|ausgeliefert)`, `(?:zustellung|nachricht|e-mail|ubermittlung)[^.]{0,60} (?:fehlgeschlagen|gescheitert|abgelehnt|zuruckgewiesen)`, `zustell(?:ungs)?fehler`, `empfanger unbekannt`,
	`onbestelbaar`, `niet (?:worden )?(?:bezorgd|afgeleverd|besteld)`, `(?:bezorging|aflevering)[^.]{0,60} mislukt`, `postvak bestaat niet`,
	`no (?:se )?(?:ha podido|pudo|puede) (?:ser )?entreg`, `no entregado`, `(?:impossibile|mancat[ao]) (?:consegna|recapit)`, `non (?:e stato )?(?:consegnat|recapitat)`)

// What they say of one that they still try to deliver.
var delayWords = anyOf(
	`delay(?:ed)?\b`, `(?:will|to) (?:be )?(?:retr|continue (?:to )?(?:try|attempt)|keep trying)`, `still (?:being |be )?(?:retr|trying)`, `(?:attempts? )?will (?:continue|be attempted)`,
	`not yet (?:been )?deliver`, `warning (?:message )?only`, `warning: (?:could not|cannot|message)`, `do not need to (?:re)?send`, `no action is required`, `\bdeferred\b`, `could not be delivered for more than`, `in the queue and`,
	`retard`, `differee?\b`, `(?:nouvelles?|autres?|prochaines?) tentatives?`, `(?:re)?essa(?:ier|yer)(?:ons|ont|a)\b`, `(?:re)?essayons`, `(?:reessaie|reessaye)`, `pas encore (?:ete|pu)`, `inutile de (?:le |l')?r?envoyer`,
	`verzoger`, `erneut(?:e[rn]?)? (?:\S+ ){0,4}?versuch`, `weitere(?:n|r)? (?:zustell)?versuch`, `noch nicht (?:zugestellt|ausgeliefert)`,
	`vertraag`, `vertraging`, `(?:opnieuw|nogmaals) (?:geprobeerd|proberen)`, `nog niet (?:bezorgd|afgeleverd)`, `retras[ao]`, `in ritardo`)

// What they say of one that they have given up. What a server will do one day (willWords) is taken out before.
var finalWords = anyOf(
	`giv(?:en|ing) up`, `gave up`, `permanent`, `fatal`, `unrecoverable`, `undeliverable`, `return(?:ed|ing) (?:mail|letter|message|to (?:the |you|its )?sender|herewith)`, `(?:has )?stopped trying`,
	`(?:removed|deleted) from the (?:mail )?queue`, `(?:in|on) the queue (?:for )?too long`, `expired`, `not going to try`, `(?:not|n't|no longer|never) (?:going to )?(?:be )?(?:retr|try|tried|attempt)`, `bounced`, `failed permanently`,
	`(?:message|remise|distribution|livraison) (?:a ete |est )?abandonne`, `abandonne? (?:de )?la (?:remise|distribution|livraison)`, `j'abandonne`, `definiti(?:f|ve)`, `ne sera pas (?:re)?(?:essaye|tente|remis|distribue)`, `apres plusieurs (?:jours|tentatives)`, `(?:plus|pas|aucune) (?:d'autres? |de nouvelles? )?tentatives?`,
	`endgultig`, `dauerhaft`, `aufgegeben`, `keine weiteren (?:zustell)?versuche`, `blijvende`, `definitief`, `niet (?:opnieuw|meer) (?:geprobeerd|proberen)`, `opgegeven`)

var willWords = regexp.MustCompile(`\b(?:will|would|may|until|if|sera|seront|wird|werden|zal|zullen) (?:\S+ ){0,6}?(?:giv\w+ up|return\w*|bounce\w*|retourne\w*|zuruck\w*|teruggestuurd)`)

// What they say of one that has arrived.
var successWords = anyOf(`(?:was|were|been) (?:successfully )?(?:delivered|relayed|expanded)`, `success(?:ful|fully)?(?::| deliver| mail)`, `delivered (?:on|to)\b`, `delivery report: delivered`,
	`a (?:bien )?ete (?:remis|distribue|delivre|livre)`, `^remis\b`, `erfolgreich (?:zugestellt|ubermittelt)`, `wurde (?:\S+ )?zugestellt`, `is (?:met succes )?(?:bezorgd|afgeleverd)`)

// The formulas that programs write as the subject of an automatic answer, and the words with which people write about their absence too.
var (
	answerFormula = regexp.MustCompile(`^\W*(?:r(?:eponse|epondeur) automatique|message d'absence|auto(?:matic|mated)?[ -]?(?:reply|response|answer|responder)|automatically generated (?:reply|response)|out of (?:the )?office|ooo\b|autosvar|abwesenheits(?:notiz|assistent|meldung|nachricht)|automatische (?:antwort|reactie|beantwoording)|automatisch antwoord|afwezigheids(?:bericht|assistent)|respuesta automatica|risposta automatica|notification d'absence)`)
	answerInside  = regexp.MustCompile(`\bautoreply\b|\bout of (?:the )?office\b|\(?retour le \d|\bis out of\b`)
	awaySubject   = regexp.MustCompile(`^\W*(?:absen(?:ce|te?s?)(?:\W*$|\s*[:(\[–-]|,? (?:du bureau|du \d|jusqu|pour|prolongee|temporaire|momentanee|re:))|(?:en conges?|abwesen(?:d|heit)|afwezig(?:heid)?|away|on (?:leave|holiday|vacation)|vacances|conges?)\b)|^\W*accuse de reception de votre (?:message|courriel|mail|e-?mail|courrier)|^\W*i am (?:away|out)\b`)
	awayText      = anyOf(`(?:je|nous) (?:suis|serai|serons|sommes) (?:actuellement |presentement )?(?:absente?s?|en conges?|en vacances|en deplacement|hors du bureau|injoignable)`, `(?:actuellement|momentanement) absente?`, `(?:ferme|fermee|fermes) (?:pour|du)`, `de retour (?:le|a partir)`, `en mon absence`, `des mon retour`,
		`(?:out of|away from) (?:the |my )?office`, `i(?: am|'m) (?:currently )?(?:away|out|on (?:leave|holiday|vacation))`, `(?:back|return(?:ing)?) (?:on|in the office|to the office)`, `limited access to (?:my )?e-?mail`,
		`(?:nicht|nicht mehr) (?:im buro|im haus|erreichbar)`, `(?:bin|ich bin) [^.]{0,40}(?:erreichbar|abwesend|im urlaub)`, `wieder erreichbar`, `(?:ik ben|wij zijn|tot) [^.]{0,40}(?:afwezig|met vakantie|met verlof)`)
	machineText = anyOf(`(?:ce|cette|ceci est une?) (?:message|courriel|mail|e-mail|reponse|notification)(?: est| a ete|)? ?(?:envoyee?|generee?|emise?|transmise?|)? ?automatique`, `\breponse automatique\b`, `message automatique`, `merci de ne pas (?:y )?repondre`, `ne pas repondre a ce (?:message|courriel|mail)`,
		`(?:this|an) (?:is an )?auto(?:matic|mated)(?:ally)? (?:generated )?(?:message|reply|response|e-?mail|notification)`, `(?:this|was|been|is) (?:\S+ )?automatically generated`, `(?:please )?do not (?:reply|respond) to this`,
		`automatisch (?:generiert|erstellt|erzeugt|versendet)`, `automatische (?:antwort|nachricht)`, `dit is een automatisch`, `automatisch (?:gegenereerd|verzonden)`)
)

// One of these stands in each subject that answerFormula, awaySubject and answerInside know; looking for them costs less.
var awayParts = []string{"auto", "absen", "out of", "ooo", "abwesen", "afwez", "conge", "away", "on leave", "on holiday", "vaca", "accuse de reception", "i am out", "retour le"}

// bulkWords stand at the foot of what is sent to many.
var bulkWords = anyOf(`se desabonner`, `(?:se |me |vous )?desinscri`, `unsubscribe`, `(?:se )?desabonne`, `voir (?:ce message |cet e-?mail )?(?:dans|en ligne)`, `view (?:this (?:e-?mail|message) )?(?:in your browser|online)`, `abbestellen`, `abmelden`, `uitschrijven`, `afmelden`, `newsletter`, `lettre d'info`, `nieuwsbrief`, `infolettre`)

// recallSubject begins Outlook's request for a mail back; people remind under « Rappel ».
var recallSubject = regexp.MustCompile(`^\W*(?:rappel|recall|ruckruf|intrekken|recuperar|richiam)`)

// recalled is the sentence with which Outlook asks for a mail back: the whole text of that request.
var recalled = regexp.MustCompile(`^.{1,100} (?:(?:souhaite rappeler le message|would like to recall the message|(?:desea|quiere) recuperar el mensaje|desidera richiamare il messaggio),? ["'«“].{1,200}["'»”]|mochte die nachricht ["'„«].{1,200}["'“»] zuruckrufen|wil het bericht ["'„].{1,200}["'”] intrekken)\.?$`)
