package french

// Per is the time that a sum is for.
type Per int

// The periods.
const (
	Once    Per = 0 // none is named
	Month   Per = 1 // a period is called by how many months it has
	Quarter Per = 3
	Year    Per = 12
	Other   Per = -1 // a week, a day: no number of months
)

// Sum is a sum of money in a text.
type Sum struct {
	Span             // with what is said of it
	Figure      Span // the number alone
	Cents       int64
	Marked      bool // it says that it is money, or thousands: 480 €, 198 k
	Per         Per
	Tax         Tax
	Charges     Charges
	Loss        bool // it is below zero, or called a loss
	Approximate bool
	Bound       bool // « moins de »
	Doubt       bool // « 1,500 »
	Inner       bool // in brackets, or a part of another
	OfCharges   bool // « 40 € de charges »
}

// Tax tells whether value added tax is in a sum.
type Tax string

// With tax, without, or not said.
const (
	WithTax    Tax = "ttc"
	WithoutTax Tax = "ht"
)

// Charges tells whether charges are in a rent.
type Charges string

// With charges, without, or not said.
const (
	WithCharges    Charges = "cc"
	WithoutCharges Charges = "hc"
)

var (
	currencies = phrases("€", "euros", "euro", "eur", "eu ros")
	cents      = phrases("centimes", "centime", "cts", "cents", "ct")
	losses     = phrases("deficit", "perte", "pertes", "deficit de", "perte de", "pertes de", "deficitaire de", "deficitaire", "negatif", "negatif de", "moins")
	ofCharges  = phrases("de charges", "de provisions pour charges", "de provision pour charges", "de provision", "charges", "de charge", "pour charges", "pour les charges")
)

// said are what people say behind a sum, and what it means.
var said = []struct {
	phrases [][]string
	note    func(*Sum)
}{
	{phrases("par mois", "/ mois", "/ m", "mensuels", "mensuel", "mensuelles", "mensuelle", "chaque mois", "tous les mois", "le mois", "au mois", "du mois", "/ mensuel", "mensuellement", "mens ."), func(s *Sum) { s.Per = Month }},
	{phrases("par an", "/ an", "annuels", "annuel", "annuelles", "annuelle", "par annee", "a l' annee", "l' an", "sur l' annee", "chaque annee", "/ annee", "/ a", "annuellement"), func(s *Sum) { s.Per = Year }},
	{phrases("par trimestre", "/ trimestre", "trimestriels", "trimestriel", "/ trim", "le trimestre"), func(s *Sum) { s.Per = Quarter }},
	{phrases("par semaine", "/ semaine", "par jour", "/ jour", "/ j", "hebdomadaires", "hebdomadaire", "la semaine"), func(s *Sum) { s.Per = Other }},
	{phrases("hors charges", "hc", "h . c .", "h . c", "hors charge", "sans les charges", "sans charges", "hors provisions"), func(s *Sum) { s.Charges = WithoutCharges }},
	{phrases("charges comprises", "cc", "c . c .", "c . c", "charges incluses", "avec charges", "avec les charges", "toutes charges comprises", "tcc"), func(s *Sum) { s.Charges = WithCharges }},
	{phrases("hors taxes", "hors taxe", "ht", "h . t .", "h . t", "hors tva"), func(s *Sum) { s.Tax = WithoutTax }},
	{phrases("toutes taxes comprises", "ttc", "t . t . c .", "t . t . c", "tva comprise", "taxes comprises"), func(s *Sum) { s.Tax = WithTax }},
	{phrases("( deficit )", "( perte )", "de deficit", "de perte", "de pertes", "en negatif", "( negatif )"), func(s *Sum) { s.Loss = true }},
	{behind, func(s *Sum) { s.Approximate = true }},
	{phrases("net", "nets", "brut", "bruts", "tout rond", "( net )"), func(*Sum) {}},
}

// Sums finds the sums of a text. A number that no word calls money is one as well, not Marked; a percentage is none.
func Sums(text string) []Sum {
	r := newReader(text)
	var list []Sum
	for i := 0; i < len(r.tokens); {
		s, next, is := r.sum(i)
		if !is {
			i++
			continue
		}
		list = append(list, s)
		i = next
	}
	return list
}

// sum reads a sum that begins at a token.
func (r *reader) sum(i int) (s Sum, next int, is bool) {
	start, first := i, i
	if n := r.oneOf(i, currencies); n > 0 { // € 480
		start, s.Marked = i+n, true
	}
	n, is := r.number(start)
	if !is || n.article && r.oneOf(n.next, currencies) == 0 && r.oneOf(n.next, cents) == 0 {
		return s, 0, false
	}
	s.Cents, s.Doubt, next = n.n, n.doubt, n.next
	next = r.thousands(&s, next)
	if k := r.oneOf(next, cents); k > 0 && !s.Marked && s.Cents%100 == 0 { // fifty centimes, and no euro
		s.Cents, s.Marked, next = s.Cents/100, true, next+k
	}
	s.Figure = Span{r.at(start).Start, r.at(next - 1).End}
	if of := r.at(next).Text; (of == "d'" || of == "de") && r.oneOf(next+1, currencies) > 0 { // un million d'euros
		next++
	}
	if k := r.oneOf(next, currencies); k > 0 {
		s.Marked, next = true, next+k
		next = r.cents(&s, next)
	}
	if r.at(next).Text == "%" || r.are(next, "pour", "cent") {
		return s, 0, false
	}
	next = r.sayings(&s, next)
	s.OfCharges = r.oneOf(next, ofCharges) > 0 || r.before(first, phrases("charges", "charges :", "charges de")) > 0
	s.Inner = r.inner(first) || r.before(first, parts) > 0
	s.Approximate = s.Approximate || r.before(first, approximate) > 0
	s.Bound = r.before(first, bounds) > 0
	if r.before(first, losses) > 0 {
		s.Loss = true
	}
	begin := first
	if minus := r.at(first - 1); isMinus(minus.Text) && r.at(first-2).Kind != Figure && (first < 2 || !r.at(first).Spaced) {
		s.Loss, begin = true, first-1
	}
	s.Span = Span{r.at(begin).Start, r.at(next - 1).End}
	return s, next, true
}

func isMinus(sign string) bool { return sign == "-" || sign == "\u2212" || sign == "–" }

// thousands reads « k », « k€ », « M€ » and « millions » behind a number.
func (r *reader) thousands(s *Sum, next int) int {
	factor := int64(0)
	switch t := r.at(next); t.Text {
	case "k", "keuros", "keur", "keuro", "ke":
		factor = 1000
	case "m", "meuros", "meur", "md":
		if r.at(next+1).Text == "€" || t.Text != "m" && t.Text != "md" {
			factor = 1_000_000
		}
	case "mille":
		factor = 1000
	case "million", "millions":
		factor = 1_000_000
	}
	if factor == 0 || s.Cents > most/factor {
		return next
	}
	s.Cents, s.Marked, s.Doubt = s.Cents*factor, true, false
	return next + 1
}

// cents reads « et 75 centimes », « 50 cts » or « 75 » behind the currency.
func (r *reader) cents(s *Sum, next int) int {
	j := next
	if r.at(j).Text == "et" || r.at(j).Text == "," {
		j++
	}
	n, is := r.number(j)
	if !is || n.n >= 100_00 || n.decimal || s.Cents%100 != 0 {
		return next
	}
	if k := r.oneOf(n.next, cents); k > 0 {
		s.Cents += n.n / 100
		return n.next + k
	}
	if t := r.at(j); t.Kind == Figure && len(t.Text) == 2 && j == next && !t.Spaced { // 1340€75
		s.Cents += n.n / 100
		return n.next
	}
	return next
}

// sayings reads what is said behind a sum.
func (r *reader) sayings(s *Sum, next int) int {
	for {
		j := next
		if r.at(j).Text == "," || r.at(j).Text == "(" {
			j++
		}
		n := 0
		for _, say := range said {
			if n = r.oneOf(next, say.phrases); n > 0 {
				say.note(s)
				next += n
				break
			}
			if n = r.oneOf(j, say.phrases); n > 0 && j > next {
				say.note(s)
				if next = j + n; r.at(next).Text == ")" {
					next++
				}
				break
			}
		}
		if n == 0 {
			return next
		}
	}
}
