package verify

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"relance/domain/casefile"
	"relance/mail/auth"
	"relance/proof/evidence"
	"relance/proof/signature"
)

// proofEnding is how the file with what is known of a mail's sender is called, behind the name of the mail.
const proofEnding = ".proof.json"

// mails verifies the DKIM signatures of mails again, with the keys that were kept. Nobody is asked.
func (x *examination) mails() error {
	for _, name := range x.names {
		mail, is := strings.CutSuffix(name, proofEnding)
		if !is || path.Dir(name) != "mail/in" || x.told[name] {
			continue
		}
		var proof auth.Proof
		if broken, err := x.read(name, &proof); err != nil || broken {
			if err != nil {
				return err
			}
			continue
		}
		if x.has(mail) && !x.told[mail] {
			if err := x.again(name, mail, proof); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *examination) again(object, mail string, proof auth.Proof) error {
	if proof.Mail != x.sums[mail] {
		x.find(Finding{Object: object, What: Unproven, Want: proof.Mail, Got: x.sums[mail], Detail: "it is the proof of another mail than " + mail})
		return nil
	}
	raw, err := x.folder.Read(mail)
	if err != nil {
		return err
	}
	signatures, err := proof.Verify(raw)
	for _, s := range signatures {
		x.Signatures = append(x.Signatures, Signature{Object: mail, Domain: s.Domain, Result: s.Result})
	}
	if err != nil {
		x.find(Finding{Object: mail, What: Unproven, Detail: err.Error()})
	}
	return nil
}

// read reads a JSON object; broken tells that it is none, which has then been told.
func (x *examination) read(name string, into any) (broken bool, err error) {
	text, err := x.folder.Read(name)
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(text, into); err != nil {
		x.find(Finding{Object: name, What: Unreadable, Got: x.sums[name], Detail: err.Error()})
		return true, nil
	}
	return false, nil
}

// evidence compares the evidence of each signature with what it points to.
func (x *examination) evidence() error {
	for _, name := range x.names {
		if path.Dir(name) != "evidence" || path.Ext(name) != ".json" || x.told[name] {
			continue
		}
		var f evidence.File
		if broken, err := x.read(name, &f); err != nil || broken {
			if err != nil {
				return err
			}
			continue
		}
		sound := true
		for _, ref := range f.Refs() {
			object, ours := x.name(ref.Key)
			if !ours || x.told[object] {
				continue
			}
			if x.sums[object] != ref.SHA256 {
				sound = false
				x.find(Finding{Object: object, What: Altered, Want: ref.SHA256, Got: x.sums[object], Detail: fmt.Sprintf("%s has another hash", name)})
			}
		}
		if f.Reference != x.Reference {
			sound = false
			x.find(Finding{Object: name, What: Unproven, Detail: "it is the evidence of " + f.Reference})
		}
		if f.Signature.How == casefile.SignedDigitally && f.Copy.Key != "" {
			whole, err := x.digital(name, f)
			if err != nil {
				return err
			}
			sound = sound && whole
		}
		if sound {
			x.Evidence++
		}
	}
	return nil
}

// digital verifies the digital signature of the copy that came back.
func (x *examination) digital(name string, f evidence.File) (whole bool, err error) {
	object, ours := x.name(f.Copy.Key)
	if !ours || x.told[object] || !x.has(object) {
		return false, nil // it has been told of
	}
	pdf, err := x.folder.Read(object)
	if err != nil {
		return false, err
	}
	for _, s := range signature.Read(pdf, signature.Options{}).Signatures {
		if s.Intact() {
			x.Seals = append(x.Seals, Seal{Object: object, By: s.Signer.Name, At: s.At(), Stamped: !s.Stamped.IsZero(), Trusted: s.Trusted})
			whole = true
		}
	}
	if !whole {
		x.find(Finding{Object: object, What: Unproven, Got: f.Copy.SHA256, Detail: name + " says that it is signed digitally"})
	}
	return whole, nil
}

// seals verifies the seals of the authority's letters.
func (x *examination) seals() error {
	for _, name := range x.names {
		if place := path.Dir(name); place != "letters" && place != "evidence" || path.Ext(name) != ".pdf" || x.told[name] {
			continue
		}
		pdf, err := x.folder.Read(name)
		if err != nil {
			return err
		}
		for _, s := range signature.Read(pdf, signature.Options{Roots: x.o.Roots}).Signatures {
			x.Seals = append(x.Seals, Seal{Object: name, By: s.Signer.Name, At: s.At(), Stamped: !s.Stamped.IsZero(), Trusted: s.Trusted})
			if x.o.Roots != nil && !s.Trusted || !s.Intact() || s.Has(signature.AddedAfter) || s.Has(signature.ForbiddenBy) || s.Has(signature.BadStamp) {
				x.find(Finding{Object: name, What: Unsealed, Detail: fmt.Sprint(s.Problems)})
			}
		}
	}
	return nil
}
