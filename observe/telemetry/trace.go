package telemetry

import (
	"context"
	"fmt"
	"os"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"

	"relance/domain/casefile"
)

// Tracing follows a mail from the inbox through its case to the mails that answer it. A nil one follows nothing, and costs nothing.
type Tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// OpenTracing sends spans where OpenTelemetry's own variables say (OTEL_EXPORTER_OTLP_ENDPOINT or _TRACES_ENDPOINT, by OTLP over HTTP). It is
// nil where they say nothing.
func OpenTracing(ctx context.Context) (*Tracing, error) {
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" || os.Getenv("OTEL_SDK_DISABLED") == "true" {
		return nil, nil
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		if p := os.Getenv(name); p != "" && p != "http/protobuf" {
			return nil, fmt.Errorf("%s: %q is not http/protobuf, which is what is spoken here", name, p)
		}
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	return NewTracing(sdktrace.NewBatchSpanProcessor(Bare(exporter))), nil
}

// NewTracing hands spans to a processor.
func NewTracing(processor sdktrace.SpanProcessor) *Tracing {
	about, _ := resource.Merge(resource.NewSchemaless(attribute.String("service.name", "relance")), resource.Environment()) // schemaless ones never clash
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(processor), sdktrace.WithResource(about))
	return &Tracing{provider, provider.Tracer("relance")}
}

// Interceptor carries the trace through Temporal: into the headers of what is started, never into payloads.
func (t *Tracing) Interceptor() (interceptor.Interceptor, error) {
	return opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{Tracer: t.tracer, DisableBaggage: true, DisableQueryTracing: true,
		AllowInvalidParentSpans: true, TextMapPropagator: propagation.TraceContext{}})
}

// Begin starts a span; end is told what came of it.
func (t *Tracing) Begin(ctx context.Context, name string) (with context.Context, end func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	return begin(ctx, t.tracer, name)
}

// Within starts a span inside the one of the context, if it has one.
func Within(ctx context.Context, name string) (with context.Context, end func(error)) {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx, func(error) {}
	}
	return begin(ctx, trace.SpanFromContext(ctx).TracerProvider().Tracer("relance"), name)
}

func begin(ctx context.Context, tracer trace.Tracer, name string) (context.Context, func(error)) {
	ctx, span := tracer.Start(ctx, name)
	if reference, ok := ctx.Value(caseOf{}).(string); ok {
		span.SetAttributes(attribute.String(CaseKey, reference))
	}
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// Close sends what is left.
func (t *Tracing) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// Bare keeps the words of errors out of what is exported: a mail server's refusal repeats the address it refuses. It names the case.
func Bare(e sdktrace.SpanExporter) sdktrace.SpanExporter { return bare{e} }

type bare struct{ sdktrace.SpanExporter }

// ExportSpans is of sdktrace.SpanExporter.
func (b bare) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	stripped := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, s := range spans {
		stripped[i] = strippedSpan{s}
	}
	return b.SpanExporter.ExportSpans(ctx, stripped)
}

type strippedSpan struct{ sdktrace.ReadOnlySpan }

// Status is the span's, without words.
func (s strippedSpan) Status() sdktrace.Status {
	return sdktrace.Status{Code: s.ReadOnlySpan.Status().Code}
}

// Events are none: an error is recorded as one.
func (s strippedSpan) Events() []sdktrace.Event { return nil }

// Attributes are the span's, with the case by its usual name. Officers' action ids stay out.
func (s strippedSpan) Attributes() []attribute.KeyValue {
	var kept []attribute.KeyValue
	for _, a := range s.ReadOnlySpan.Attributes() {
		if strings.HasPrefix(string(a.Key), "temporalUpdate") {
			continue
		}
		kept = append(kept, a)
		if a.Key == "temporalWorkflowID" && casefile.IsReference(a.Value.AsString()) {
			kept = append(kept, attribute.String(CaseKey, a.Value.AsString()))
		}
	}
	return kept
}
