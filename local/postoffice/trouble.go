package postoffice

import "github.com/emersion/go-smtp"

// Trouble is how a server treats an account, for tests of outages; the zero value is as it should.
type Trouble struct {
	Login    bool   // every login is refused
	Code     int    // the answer to every mail: 421, 451 …; zero: it is taken
	Enhanced [3]int // of the answer
	Text     string // of the answer
}

type trouble struct {
	Trouble
	refused int
}

// Trouble lets the server treat an account so from now on. Connections that are logged in stay.
func (o *Office) Trouble(account string, how Trouble) {
	o.troubled.Lock()
	defer o.troubled.Unlock()
	o.troubles[account] = &trouble{Trouble: how}
}

// Refused is how often the account was refused in the trouble that it has.
func (o *Office) Refused(account string) int {
	o.troubled.Lock()
	defer o.troubled.Unlock()
	if t := o.troubles[account]; t != nil {
		return t.refused
	}
	return 0
}

// refuses tells whether a login is refused.
func (o *Office) refuses(account string) bool {
	o.troubled.Lock()
	defer o.troubled.Unlock()
	t := o.troubles[account]
	if t == nil || !t.Login {
		return false
	}
	t.refused++
	return true
}

// putsOff is the answer to a mail.
func (o *Office) putsOff(account string) error {
	o.troubled.Lock()
	defer o.troubled.Unlock()
	t := o.troubles[account]
	if t == nil || t.Code == 0 {
		return nil
	}
	t.refused++
	return &smtp.SMTPError{Code: t.Code, EnhancedCode: t.Enhanced, Message: t.Text}
}
