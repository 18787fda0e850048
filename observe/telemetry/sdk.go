package telemetry

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
)

// sdkLabels are those of the labels of Temporal's SDK that are kept: each has few values, and what is not here is dropped.
var sdkLabels = []string{"namespace", "task_queue", "worker_type", "workflow_type", "activity_type", "operation", "failure_reason", "status_code", "poller_type"}

// ours are the labels of this program's own metrics that workflows give.
var ours = []string{"stage", "reason"}

const labels = 11 // of both

type values [labels]string

// sdk turns what Temporal's SDK and the workflows count into metrics.
type sdk struct {
	m      *Metrics
	series sync.Map // of seriesKey to what counts it
	mu     sync.Mutex
	vecs   map[string]prometheus.Collector
}

type seriesKey struct {
	name   string
	values values
}

func newSDK(m *Metrics) *sdk { return &sdk{m: m, vecs: map[string]prometheus.Collector{}} }

// Temporal is where Temporal's SDK counts.
func (m *Metrics) Temporal() client.MetricsHandler {
	if m == nil {
		return client.MetricsNopHandler
	}
	return &handler{sdk: m.sdk}
}

type handler struct {
	*sdk
	values values
}

// WithTags is of client.MetricsHandler.
func (h *handler) WithTags(tags map[string]string) client.MetricsHandler {
	with := *h
	for name, value := range tags {
		i := slices.Index(sdkLabels, name)
		if i < 0 {
			if i = slices.Index(ours, name); i >= 0 {
				i += len(sdkLabels)
			}
		}
		if i >= 0 {
			with.values[i] = strings.TrimSuffix(value, "none")
		}
	}
	return &with
}

// find gives what counts a series, and makes it the first time.
func find[T any](h *handler, name string, make func() T) T {
	key := seriesKey{name, h.values}
	if known, ok := h.series.Load(key); ok {
		return known.(T)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	made := make()
	h.series.Store(key, made)
	return made
}

// own gives the values of the labels of one of this program's metrics.
func (h *handler) own(name string) []string {
	for _, c := range Catalogue {
		if c.Name == name {
			var list []string
			for _, label := range c.Labels {
				list = append(list, h.values[len(sdkLabels)+slices.Index(ours, label)])
			}
			return clean(list)
		}
	}
	return nil
}

func vec[T prometheus.Collector](h *handler, name string, make func() T) T {
	v, ok := h.vecs[name]
	if !ok {
		v = make()
		h.m.registry.MustRegister(v)
		h.vecs[name] = v
	}
	return v.(T)
}

func (h *handler) list() []string { return clean(slices.Clone(h.values[:len(sdkLabels)])) }

// Counter is of client.MetricsHandler.
func (h *handler) Counter(name string) client.MetricsCounter {
	return find(h, name, func() client.MetricsCounter {
		if own, ok := h.m.counters[name]; ok {
			return counter{own.WithLabelValues(h.own(name)...)}
		}
		full := name + "_total"
		return counter{vec(h, full, func() *prometheus.CounterVec {
			return prometheus.NewCounterVec(prometheus.CounterOpts{Name: full, Help: "Of Temporal's SDK."}, sdkLabels)
		}).WithLabelValues(h.list()...)}
	})
}

// Gauge is of client.MetricsHandler.
func (h *handler) Gauge(name string) client.MetricsGauge {
	return find(h, name, func() client.MetricsGauge {
		return gauge{vec(h, name, func() *prometheus.GaugeVec {
			return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: "Of Temporal's SDK."}, sdkLabels)
		}).WithLabelValues(h.list()...)}
	})
}

// Timer is of client.MetricsHandler.
func (h *handler) Timer(name string) client.MetricsTimer {
	return find(h, name, func() client.MetricsTimer {
		if own, ok := h.m.histograms[name]; ok {
			return timer{own.WithLabelValues(h.own(name)...)}
		}
		full := name + "_seconds"
		return timer{vec(h, full, func() *prometheus.HistogramVec {
			return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: full, Help: "Of Temporal's SDK.", Buckets: short}, sdkLabels)
		}).WithLabelValues(h.list()...)}
	})
}

type counter struct{ prometheus.Counter }

// Inc is of client.MetricsCounter; the SDK never takes back.
func (c counter) Inc(n int64) { c.Add(float64(max(n, 0))) }

type gauge struct{ prometheus.Gauge }

// Update is of client.MetricsGauge.
func (g gauge) Update(v float64) { g.Set(v) }

type timer struct{ prometheus.Observer }

// Record is of client.MetricsTimer.
func (t timer) Record(d time.Duration) { t.Observe(d.Seconds()) }
