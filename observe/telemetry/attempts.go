package telemetry

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// attempts are the side effects that failed here and are tried again. Another worker may succeed with one, so that what has not been seen for
// longer than a retry waits is forgotten.
type attempts struct {
	mu    sync.Mutex
	under map[string]attempt
}

type attempt struct {
	activity    string
	since, seen time.Time
}

const (
	forgotten    = 15 * time.Minute // retries wait 5 minutes at most, and an attempt lasts as long
	mostAttempts = 20_000           // in memory; beyond it the oldest ones are there already
)

// Attempted counts an attempt of a side effect that ended. Key tells it from others of its kind; scheduled is when its first attempt was due;
// cause is why it failed, empty where it succeeded.
func (m *Metrics) Attempted(activity, key string, n int32, scheduled time.Time, cause string) {
	if m == nil {
		return
	}
	if n > 1 {
		m.count(retries, activity)
	}
	if cause != "" {
		m.count(failures, activity, cause)
	}
	a := &m.attempts
	a.mu.Lock()
	defer a.mu.Unlock()
	switch _, known := a.under[key]; {
	case cause == "":
		delete(a.under, key)
	case known || len(a.under) < mostAttempts:
		a.under[key] = attempt{activity, scheduled, time.Now()}
	}
}

var (
	retryingDesc      = describe(retrying)
	retryingSinceDesc = describe(retryingSince)
)

func describe(name string) *prometheus.Desc {
	for _, c := range Catalogue {
		if c.Name == name {
			return prometheus.NewDesc(c.Name, c.Help, c.Labels, nil)
		}
	}
	panic("no metric " + name)
}

// Describe is of prometheus.Collector.
func (a *attempts) Describe(to chan<- *prometheus.Desc) { to <- retryingDesc; to <- retryingSinceDesc }

// Collect is of prometheus.Collector.
func (a *attempts) Collect(to chan<- prometheus.Metric) {
	now := time.Now()
	number, oldest := map[string]int{}, map[string]time.Duration{}
	a.mu.Lock()
	for key, u := range a.under {
		if now.Sub(u.seen) > forgotten {
			delete(a.under, key)
			continue
		}
		number[u.activity]++
		oldest[u.activity] = max(oldest[u.activity], now.Sub(u.since))
	}
	a.mu.Unlock()
	for activity, n := range number {
		to <- prometheus.MustNewConstMetric(retryingDesc, prometheus.GaugeValue, float64(n), clean([]string{activity})...)
		to <- prometheus.MustNewConstMetric(retryingSinceDesc, prometheus.GaugeValue, oldest[activity].Seconds(), clean([]string{activity})...)
	}
}
