package correspondence

import (
	"time"

	"relance/domain/casefile"
	"relance/domain/chain"
	"relance/mail/auth"
	"relance/proof/evidence"
)

// What some letters are about beside the application. A request carries those that its letter speaks of; sums are cents,
// and days are legal.

// Loan is a repayable advance (avance remboursable).
type Loan struct {
	Amount      int64     // cents lent
	Deferral    int       // months before the first instalment; 0: none
	First, Last time.Time // when the first and the last instalment are due
	Rows        []LoanRow // the repayment schedule (échéancier), in order
	Due         LoanRow   // of a notice: the instalment it asks for
	Overdue     []LoanRow // of a formal notice: the instalments that were not paid
	Arrears     int64     // cents: what is overdue in all
	PayBy       time.Time // of a formal notice: the last day to pay
	Paid, Left  int64     // cents repaid so far, and left to repay
	Settled     time.Time // of a discharge: when the last payment came; of a receipt: when it came
	Start       time.Time // the day on which it was paid out, or is supposed to be
	Firm        bool      // it was paid out: the days of the schedule are certain
	Proposed    bool      // the schedule is proposed, and the debtor has not agreed to it
	Receipt     int64     // cents: of a receipt, what came or was taken back
	Credit      int64     // cents that came beyond what was owed, and are paid back
	Lost        int64     // cents given up
}

// LoanRow is one instalment of a schedule.
type LoanRow struct {
	N     int       // its number, from 1
	Due   time.Time // the day it is due
	Cents int64     // what is to be paid
	Left  int64     // cents that are left to repay after it
}

// Breach is why a grant is to be withdrawn or has lapsed: commitments not kept, or an error of the authority.
type Breach struct {
	Fraud    bool      // the grant was got by fraud (CRPA L241-2)
	Unlawful bool      // the grant is illegal (CRPA L242-1); else its conditions were not kept (L242-2, 2°)
	Reasons  []Reason  // each with its legal basis
	Asked    time.Time // of a withdrawal: the date of the letter that invited to be heard (L122-1)
	AnswerBy time.Time // of a hearing or a formal notice: the last day to answer
	Days     int       // of a hearing: days to answer from the day the letter is received; 0: the day is AnswerBy
	Of       time.Time // the day of the grant
	Granted  int64     // cents that it grants
	Keep     int64     // cents that stay granted; 0: the whole is withdrawn
	Heard    time.Time // when the beneficiary's observations came; zero: none came
	Claim    int64     // cents to be paid back
	Unpaid   int64     // cents that will not be paid
}

// Contest is an administrative appeal (recours gracieux) against a decision.
type Contest struct {
	Received   time.Time // when the appeal came
	Against    time.Time // the day of the decision, or the day on which the implicit rejection was born
	Implicit   bool      // against an implicit rejection
	Silence    time.Time // the day at the end of which silence rejects the appeal (CRPA L231-4, 2°)
	Idle       bool      // it came late, or is the second: the time for going to court goes on (L411-2)
	Over       time.Time // when that time ended; zero: it has not
	Favourable bool      // a grant is replaced by a better one (L242-4)
	Reversed   bool      // the decision is withdrawn; else it is confirmed
	Reasons    []Reason  // why
	Amount     int64     // cents granted after all; 0: the application is examined again
}

// Debt is money of an aid that was paid and has to come back.
type Debt struct {
	Number     string    // of the titre de recettes; empty: none was issued yet
	Cents      int64     // cents that are asked back
	Left       int64     // cents that have not come back
	Due        time.Time // the last day to pay
	Received   int64     // cents of the aid that have left for the bank
	WrittenOff bool      // the rest was given up
}

// Matters are what a letter is about beside the application; nil where it is not.
type Matters struct {
	Loan     *Loan          // of a repayable advance
	Breach   *Breach        // why a grant is withdrawn or lapses
	Contest  *Contest       // of an appeal
	Debt     *Debt          // of an aid that has to be paid back
	Evidence *evidence.File // of a signature, for the page that tells it

	Correction *Correction // of what an officer corrected
}

// Correction is a value or a document of the application about which an officer has put something right.
type Correction struct {
	Name   string // what people call the value, or the document's kind
	Value  string // the value as it now is; of a document, its file name
	Source string // where the value is from
	Reason string // why it was corrected
	Later  bool   // it does not touch the decision that is taken
}

// SampleMatters are made-up ones, so that every letter can be looked at: those that a letter is about, and no others.
func SampleMatters(letter string, at time.Time, granted int64) Matters {
	reasons := []Reason{{Told: "L'établissement a fermé le 12 janvier 2021, alors que la charte engage à rester ouvert un an.", Basis: "charte d'engagement, article 2"}}
	loan := &Loan{Amount: 3000000, Deferral: 12, Start: at, Firm: true, Receipt: 50000, Paid: 600000, Arrears: 100000, PayBy: at.AddDate(0, 0, 30), Settled: at}
	left := loan.Amount
	for n := 1; n <= 60; n++ {
		left -= 50000
		loan.Rows = append(loan.Rows, LoanRow{N: n, Due: at.AddDate(0, 12+n, 0), Cents: 50000, Left: left})
	}
	loan.First, loan.Last = loan.Rows[0].Due, loan.Rows[59].Due
	loan.Due, loan.Overdue, loan.Left = loan.Rows[12], loan.Rows[12:14], loan.Amount-loan.Paid
	if letter == casefile.DischargeLetter {
		loan.Paid, loan.Left = loan.Amount, 0
	}
	breach := &Breach{Reasons: reasons, Of: at.AddDate(0, -8, 0), Granted: granted, Asked: at.AddDate(0, 0, -20), AnswerBy: at.AddDate(0, 0, 21), Heard: at.AddDate(0, 0, -5),
		Claim: granted, Unpaid: granted / 2}
	contest := &Contest{Received: at.AddDate(0, 0, -4), Against: at.AddDate(0, 0, -30), Silence: at.AddDate(0, 2, -4), Reasons: reasons}
	switch letter {
	case "": // a mail
		debt := &Debt{Number: "2021-T-118", Cents: granted, Left: granted, Due: at.AddDate(0, 1, 0), Received: granted}
		correction := &Correction{Name: "Loyer mensuel", Value: "480,50 €", Source: "bail du 2 mars 2019", Reason: "le bail indique un autre loyer"}
		return Matters{Loan: loan, Breach: breach, Contest: contest, Debt: debt, Correction: correction}
	case casefile.AdvanceLetter, casefile.InstalmentLetter, casefile.DischargeLetter, casefile.ScheduleLetter:
		return Matters{Loan: loan}
	case casefile.FormalNoticeLetter:
		return Matters{Loan: loan, Breach: breach}
	case casefile.ExpiryLetter, casefile.HearingLetter, casefile.WithdrawalLetter:
		return Matters{Breach: breach}
	case casefile.AppealReceivedLetter, casefile.AppealDecidedLetter:
		return Matters{Contest: contest}
	case casefile.EvidenceLetter:
		return Matters{Evidence: sampleEvidence(at)}
	}
	return Matters{}
}

// sampleEvidence is that of a made-up signature.
func sampleEvidence(at time.Time) *evidence.File {
	sum := func(of string) string { return chain.Hash([]byte(of)) }
	ref := func(key string) casefile.Ref {
		return casefile.Ref{Key: "cases/RBD-7K3M9-QXD3A/" + key, SHA256: sum(key)}
	}
	return &evidence.File{
		Charter: evidence.Charter{Ref: ref("letters/002-charter.pdf"), Version: "1", Sent: at.AddDate(0, 0, -9)}, Signature: evidence.Signature{How: casefile.SignedByPhrase, At: at},
		Signer: evidence.Signer{Name: "Camille Durand", Address: "camille.durand@exemple.fr", For: "Boulangerie Durand"}, Mail: evidence.Mail{Ref: ref("mail/in/" + sum("mail") + ".eml")},
		Proof: auth.Proof{Author: auth.Author{Verdict: auth.Proven}, Server: auth.Results{SPF: auth.Pass, DKIM: auth.Pass, DMARC: auth.Pass},
			Signatures: []auth.Signature{{Domain: "exemple.fr", Result: auth.Pass}},
			Keys:       []auth.Key{{Name: "s2020._domainkey.exemple.fr", TXT: []string{"v=DKIM1"}, At: at, Resolver: "system"}}},
	}
}
