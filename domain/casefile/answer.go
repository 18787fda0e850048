package casefile

// AnswerTo names the mail that answers what an applicant sent to a case that is not complete yet, by its first mail or by a later one.
func (s *State) AnswerTo(r Reading) string {
	switch {
	case s.Stage == Received:
		return AcknowledgementMail
	case s.IsComplete():
		return CompleteMail
	case r.Asks:
		return NotedMail
	}
	return StillMissingMail
}
