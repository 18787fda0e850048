package reading

import "strings"

// askingWords are the beginnings of the words, of more than three letters, in which people ask about the state of a case. A question that holds any
// other word may be about something else.
var askingWords = strings.Fields(`
inform indiqu renseign confirm infiniment sauvez beaucoup vraiment tres vouloir aanvraag accepte accorde actuel actuellement affaire afin aide aimer alles alors annee anything aout application approuve approximativement apres
argent arrive arrivera association assurer attend attente attinds attribue attribution aucun aujourd aupres aurai aurais auriez aussi autre avanc
avance avancement avant avec avez avis avoir avons avril bail beslissing betaald bien bilan bloque bonjour bonsoir bureau candidature cela celle celui
cette ceux chaque charte chemin chez chose clair combien comite comme commission complet comptable compte concernant confirmer conjoint connaitre
contrat convient cote could courant courriel courrier cours croyais dans date decembre decide decision deja delai delais demain demande demarche
depose deposee depuis dernier derniere desir deuxieme devis devons dimanche dire dites document documenten documents dois doit donc donne donner
dossier ecrire ecrit effectue elle elles encor encore enfin enregistre entre entreprise environ envoi envoye envoyes epouse espere esque estim etait
etape etat etes etre etudie exact exactement examen examin facture faire fait fallait faut femme fevrier fichier file finalise fini finir fois fourni
gestionnaire goed have hebben heure hier hoever honneur indiquer informer instruct instructeur instruction jamais janvier jeudi jour juillet juin
jullie jury jusqu jusque juste justificatif kbis know krijg laquelle lequel lesquel lettre leur lieu logement long longtemps loyer lundi madam madame
mail main maintenant mais mandat manque mardi mari mars matin meme merci mercredi message mijn missing moins mois moment monsieur news normal notre
nous nouveau nouvelle novembre numero objet oblige octobre ontvangen over paiement papers papier parfait part parvenu passe passee passer paye pensais
pense permet permets peux photo piece plait please plus point possible poste pour pourrait pourriez pouvez precisement preciser premier premiere prend
present prevu prime pris probable prochain prochaine progresse prononc puis quand quel quelque question quittance quoi rapide reccu receive received
receptionne recevoir recevr recu recus reference refuse rejete relance rempli rendre rendrez rendu rendue renovation renseigner renvoye repondre
reponse request ressu reste rester resultat retour reuni reunit revenir reviendra reviens rien sais samedi sans savais savoir second semaine sens sent
septembre sera serait serez seront service signe situation soir solde something somme sont souhait sous staat stade stand statue status statut still
stukken subvention suis suite suivant suivi tarder tardes tellement temps tenir thanks touche toujours tourisme tous tout toute traite tranche
transmis validation valide vendredi vers verse versement veux vire virement voir votre voudrai voudrais voulais vous wacht wanneer weeks weken what
when where wordt your zaken
`)

// strangeWords counts the words of a folded text that are none of these, nor short, nor a number.
func strangeWords(words string) (n int) {
	const short = 3
words:
	for _, word := range strings.FieldsFunc(words, func(r rune) bool { return r == ' ' || r == '\'' }) {
		if len(word) <= short || word[0] >= '0' && word[0] <= '9' {
			continue
		}
		for _, known := range askingWords {
			if strings.HasPrefix(word, known) {
				continue words
			}
		}
		n++
	}
	return n
}
