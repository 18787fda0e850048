// Package telemetry is what a process tells of itself: figures for Prometheus, and which case a line of its log is about. No label names
// a case, a person or an address, and every label has few values.
package telemetry

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics counts and measures. All of its methods may be called on nil, and then do nothing. It is safe for concurrent use.
type Metrics struct {
	registry   *prometheus.Registry
	counters   map[string]*prometheus.CounterVec
	gauges     map[string]*prometheus.GaugeVec
	histograms map[string]*prometheus.HistogramVec
	sdk        *sdk
	attempts   attempts
}

// collected are the gauges that are asked for when somebody looks.
var collected = map[string]bool{retrying: true, retryingSince: true, Cases: true, CasesWaiting: true, CasesOverdue: true, Unassigned: true,
	UnassignedAge: true, Envelope: true, EnvelopeWaiting: true, collectUp: true, collectSeconds: true, DependencyUp: true, DependencyAway: true}

// live are those that are asked for at every look: they are known in memory.
var live = []string{DependencyUp, DependencyAway}

// New makes the metrics of one process.
func New() *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), counters: map[string]*prometheus.CounterVec{}, gauges: map[string]*prometheus.GaugeVec{},
		histograms: map[string]*prometheus.HistogramVec{}}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, c := range Catalogue {
		switch {
		case collected[c.Name]:
		case c.Type == "counter":
			m.counters[c.Name] = prometheus.NewCounterVec(prometheus.CounterOpts{Name: c.Name, Help: c.Help}, c.Labels)
			m.registry.MustRegister(m.counters[c.Name])
		case c.Type == "histogram":
			m.histograms[c.Name] = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: c.Name, Help: c.Help, Buckets: c.Buckets}, c.Labels)
			m.registry.MustRegister(m.histograms[c.Name])
		default:
			m.gauges[c.Name] = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: c.Name, Help: c.Help}, c.Labels)
			m.registry.MustRegister(m.gauges[c.Name])
		}
	}
	m.sdk = newSDK(m)
	m.attempts.under = map[string]attempt{}
	m.registry.MustRegister(&m.attempts)
	return m
}

// Handler serves the metrics in Prometheus's text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// identifier is what a label's value looks like: a name in the code, never a case, a person or an address.
var identifier = regexp.MustCompile(`^[A-Za-z0-9_.:/-]{0,64}$`)

var digits = regexp.MustCompile(`[0-9]{9}|-[0-9A-Z]{5}-[0-9A-Z]{5}`) // of a SIREN, an IBAN, a reference; a commune has five (a line of the plan may)

// clean keeps whatever is no identifier out of labels.
func clean(values []string) []string {
	for i, v := range values {
		if !identifier.MatchString(v) || digits.MatchString(v) || strings.Contains(v, "@") {
			values[i] = "other"
		}
	}
	return values
}

func (m *Metrics) count(name string, labels ...string) {
	if m != nil {
		m.counters[name].WithLabelValues(clean(labels)...).Inc()
	}
}

func (m *Metrics) measure(name string, d time.Duration, labels ...string) {
	if m != nil {
		m.histograms[name].WithLabelValues(clean(labels)...).Observe(max(d, 0).Seconds())
	}
}

// Received counts a mail that left the inbox, and measures how long its case has waited for it. Reason is why it reached none.
func (m *Metrics) Received(kind, destination, reason string, at time.Time) {
	m.count(mailsReceived, kind, destination)
	if reason != "" {
		m.count(mailsAside, reason)
		return
	}
	m.measure(intake, time.Since(at))
}

// ReaderEnded counts a file that has ended the process that read it.
func (m *Metrics) ReaderEnded(why string) { m.count(readersEnded, why) }

// Sent counts a mail that the mail server has accepted or refused for good.
func (m *Metrics) Sent(mail string, refused bool) {
	outcome := "accepted"
	if refused {
		outcome = "refused"
	}
	m.count(mailsSent, mail, outcome)
}

// Acknowledged measures from an application's arrival to the acceptance of its acknowledgement.
func (m *Metrics) Acknowledged(after time.Duration) { m.measure(acknowledgement, after) }

// Lost counts a connection that broke or did not come about: imap, smtp or s3.
func (m *Metrics) Lost(server string) { m.count(connection, server) }

// Contact notes that the inbox was read, and how many mails lay there.
func (m *Metrics) Contact(mails int) {
	if m != nil {
		m.gauges[imapContact].WithLabelValues().Set(float64(time.Now().Unix()))
		m.gauges[inbox].WithLabelValues().Set(float64(mails))
	}
}
