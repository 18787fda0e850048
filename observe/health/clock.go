package health

import (
	"fmt"
	"time"
)

// clockOff is how far two clocks may differ: longer than any attempt of a side effect goes without a sign of life.
const clockOff = 2 * time.Minute

// Differ gives the failure of this machine's clock where it differs too much from another's, by so much of the wall clock; nil where it does not.
func Differ(from string, off time.Duration) error {
	if off.Abs() < clockOff {
		return nil
	}
	return &Failure{Of: Clock, Reason: Skewed, Err: fmt.Errorf("this machine's clock and that of %s differ by %v", from, off.Round(time.Second))}
}
