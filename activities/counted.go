package activities

import (
	"context"

	"relance/contract"
	"relance/domain/casefile"
	"relance/mail/auth"
)

// leadsTo tells whether mail to an address can be meant for a case, or a session of a call: it is our address, and no other's.
func (a *Activities) leadsTo(reference string) func(address string) bool {
	return func(address string) bool { return a.Writer.Addresses.LeadsTo(address, reference) }
}

// counted tells whether a mail of the applicant's, or of an expert, has counted before: on this case (FromAgain) or elsewhere (FromReplayed). Nobody
// needs a key to send a signed mail on to another address of ours, or to the same one again. What its mailbox or an officer vouches for counts, and has
// counted for all others then. It is empty where the mail counts, from now on.
func (a *Activities) counted(ctx context.Context, r contract.Receipt, author auth.Author, read casefile.Reading) (string, error) {
	if author.Verdict != auth.Proven || read.From != casefile.FromApplicant && read.From != casefile.FromExpert {
		return "", nil
	}
	tag := ""
	if sch, err := a.Catalogue.Find(r.State.Scheme); err == nil {
		tag = sch.Tag
	}
	before, err := a.claim(ctx, r.State.Reference, tag, r.Mail, author)
	if r.Mail.Believed() {
		before = ""
	}
	return before, err
}

// claim notes that a mail counts on a case, or session of a call. A signed mail counts once for each address of ours that its signature names; one that
// names none of ours counts once.
func (a *Activities) claim(ctx context.Context, reference, tag string, mail casefile.Mail, author auth.Author) (before string, err error) {
	to, ours := a.Writer.Addresses.Meant(author.Bound, reference, tag)
	if ours && to == "" {
		return casefile.FromReplayed, nil // it was written to another case
	}
	names := author.Once
	if len(names) == 0 {
		names = []string{mail.Identity}
	}
	for _, name := range names {
		first, own, err := a.index().Claim(ctx, name+" "+to, reference, mail.SHA256)
		switch {
		case err != nil:
			return "", err
		case !own:
			return casefile.FromReplayed, nil
		case first != mail.SHA256:
			return casefile.FromAgain, nil
		}
	}
	return "", nil
}
