package message

import (
	"relance/mail/address"
)

// Address is a mailbox with the name people see.
type Address = address.Mailbox

// mailboxes reads address fields, with the encoded words in them.
var mailboxes = address.Parser{Decode: decode}

// addresses reads a list of addresses.
func addresses(list string) []Address { return mailboxes.Mailboxes(list) }

// Recipients are the addresses in the values of To or Cc fields that all readers understand alike.
func Recipients(values []string) []string {
	var list []string
	for _, value := range values {
		for _, e := range mailboxes.Read(value) {
			if e.Doubt == "" {
				list = append(list, e.Address)
			}
		}
	}
	return list
}
