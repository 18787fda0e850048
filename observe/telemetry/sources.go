package telemetry

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Sample is one figure of a source.
type Sample struct {
	Metric string
	Labels []string
	Value  float64
}

// Source is asked for figures when somebody looks. Its answer serves for a quarter of a minute, and for twenty times as long as it took, so that asking
// never costs more than a twentieth of the time. Who looks does not wait for one that takes long, as a queue of hundreds of thousands does: he is told
// what it said last, for a minute at most.
type Source struct {
	Name string // temporal, plan, archive
	Ask  func(context.Context) ([]Sample, error)

	mu      sync.Mutex
	asking  chan struct{} // closed with the answer; nil: nobody asks
	until   time.Time
	took    time.Duration
	samples []Sample
	err     error
}

const (
	fresh   = 15 * time.Second
	longest = time.Minute
)

var patience = 5 * time.Second // Prometheus itself waits 10 s

// Add makes sources part of what is shown.
func (m *Metrics) Add(sources ...*Source) {
	if m == nil {
		return
	}
	if err := m.registry.Register(asked(sources)); err != nil && !errors.As(err, new(prometheus.AlreadyRegisteredError)) {
		panic(err) // a mistake in the catalogue
	}
}

// Live makes figures part of what is shown that are asked for at every look.
func (m *Metrics) Live(ask func() []Sample) {
	if m != nil {
		m.registry.MustRegister(known(ask))
	}
}

type known func() []Sample

// Describe is of prometheus.Collector.
func (known) Describe(to chan<- *prometheus.Desc) {
	for _, name := range live {
		to <- descriptions[name]
	}
}

// Collect is of prometheus.Collector.
func (k known) Collect(to chan<- prometheus.Metric) {
	for _, s := range k() {
		to <- prometheus.MustNewConstMetric(descriptions[s.Metric], prometheus.GaugeValue, s.Value, clean(slices.Clone(s.Labels))...)
	}
}

type asked []*Source

var descriptions = func() map[string]*prometheus.Desc {
	all := map[string]*prometheus.Desc{}
	for name := range collected {
		all[name] = describe(name)
	}
	return all
}()

// Describe is of prometheus.Collector.
func (s asked) Describe(to chan<- *prometheus.Desc) {
	for name, d := range descriptions {
		if name != retrying && name != retryingSince && !slices.Contains(live, name) {
			to <- d
		}
	}
}

// Collect is of prometheus.Collector.
func (s asked) Collect(to chan<- prometheus.Metric) {
	var all sync.WaitGroup
	for _, source := range s {
		all.Go(func() { source.collect(to) })
	}
	all.Wait()
}

// ask asks where the last answer serves no longer, and gives what is closed when the answer has come; nil: there is one.
func (s *Source) ask() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.asking != nil || now.Before(s.until) {
		return s.asking
	}
	if s.until.IsZero() && s.err == nil {
		s.err = errUnasked
	}
	answer := make(chan struct{})
	s.asking = answer
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), longest)
		defer cancel()
		samples, err := s.Ask(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.samples, s.err, s.took = samples, err, time.Since(now)
		s.until, s.asking = now.Add(max(fresh, 20*s.took)), nil
		close(answer)
	}()
	return answer
}

// errUnasked is of a source that has not answered yet.
var errUnasked = errors.New("no answer yet")

func (s *Source) collect(to chan<- prometheus.Metric) {
	if answer := s.ask(); answer != nil {
		select {
		case <-answer:
		case <-time.After(patience):
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	gauge := func(name string, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(descriptions[name], prometheus.GaugeValue, value, clean(labels)...)
	}
	gauge(collectSeconds, s.took.Seconds(), s.Name)
	if s.err != nil {
		gauge(collectUp, 0, s.Name)
		return
	}
	gauge(collectUp, 1, s.Name)
	seen := map[string]bool{} // one series told twice would spoil the whole page
	for _, sample := range s.samples {
		labels := clean(slices.Clone(sample.Labels))
		if key := sample.Metric + "\x00" + strings.Join(labels, "\x00"); !seen[key] {
			seen[key] = true
			gauge(sample.Metric, sample.Value, labels...)
		}
	}
}
