package starter

import (
	"context"
	"sync"
	"time"
)

// rivalry is how long a message that another process has stored is left to that process, which takes it to its case next. After it the process has
// died, and the message is taken up.
const rivalry = 10 * time.Second

// stored are the messages that this process has stored lately, by their keys.
type stored struct {
	mu sync.Mutex
	at map[string]time.Time
}

func (s *stored) add(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for other, at := range s.at {
		if now.Sub(at) > rivalry {
			delete(s.at, other)
		}
	}
	if s.at == nil {
		s.at = map[string]time.Time{}
	}
	s.at[key] = now
}

func (s *stored) has(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, has := s.at[key]
	return has
}

// isRivals tells whether another process is taking a message of the inbox to its case at this moment: it has stored it, and not long ago. Created
// says that this process has. Where clocks differ more than that each takes it, which is harmless.
func (s *Starter) isRivals(ctx context.Context, key string, created bool) (bool, error) {
	if created {
		s.stored.add(key)
		return false, nil
	}
	store, ok := s.Archive.(dated)
	if !ok || s.stored.has(key) {
		return false, nil
	}
	o, err := store.Stat(ctx, key)
	age := time.Since(o.Modified)
	return err == nil && age > -rivalry && age < rivalry, err
}
