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
// never costs more than a twentieth of the time.
type Source struct {
	Name string // temporal, plan, archive
	Ask  func(context.Context) ([]Sample, error)

	mu      sync.Mutex
	until   time.Time
	took    time.Duration
	samples []Sample
	err     error
}

const (
	fresh    = 15 * time.Second
	patience = 5 * time.Second // Prometheus itself waits 10 s
)

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

func (s *Source) collect(to chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); now.After(s.until) {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		s.samples, s.err = s.Ask(ctx)
		cancel()
		s.took = time.Since(now)
		s.until = now.Add(max(fresh, 20*s.took))
	}
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
