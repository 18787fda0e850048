package worker

import (
	"context"
	"errors"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"relance/store/vault"
)

// Patient makes an encrypting data converter fit for workflows. It may wait for a data key inside a workflow's step without being taken for a
// deadlock. And where the key cannot be had, the step fails and is tried again later: told of it as of any error, Temporal's SDK would drop the
// signal that cannot be read, or end the workflow whose input cannot, as if nonsense had been sent.
func Patient(c converter.DataConverter) converter.DataConverter {
	return &patient{under: workflow.DataConverterWithoutDeadlockDetection(c)}
}

type patient struct {
	under  converter.DataConverter
	inside bool // a workflow's step
}

// check ends the step where a key cannot be had: a panic is how a step says that it failed and the workflow did not.
func (p *patient) check(err error) error {
	if p.inside && errors.Is(err, vault.ErrUnreachable) {
		panic(fmt.Sprintf("this step waits for a data key: %v", err))
	}
	return err
}

// WithWorkflowContext is of workflow.ContextAware.
func (p *patient) WithWorkflowContext(ctx workflow.Context) converter.DataConverter {
	under := p.under
	if aware, ok := under.(workflow.ContextAware); ok {
		under = aware.WithWorkflowContext(ctx)
	}
	return &patient{under, true}
}

// WithContext is of workflow.ContextAware: outside of a step.
func (p *patient) WithContext(ctx context.Context) converter.DataConverter {
	under := p.under
	if aware, ok := under.(workflow.ContextAware); ok {
		under = aware.WithContext(ctx)
	}
	return &patient{under, false}
}

// WithSerializationContext is of converter.DataConverterWithSerializationContext.
func (p *patient) WithSerializationContext(about converter.SerializationContext) converter.DataConverter {
	return &patient{converter.WithDataConverterSerializationContext(p.under, about), p.inside}
}

var (
	_ workflow.ContextAware                           = (*patient)(nil)
	_ converter.DataConverterWithSerializationContext = (*patient)(nil)
)

// ToPayload is of converter.DataConverter.
func (p *patient) ToPayload(value any) (*commonpb.Payload, error) {
	payload, err := p.under.ToPayload(value)
	return payload, p.check(err)
}

// FromPayload is of converter.DataConverter.
func (p *patient) FromPayload(payload *commonpb.Payload, into any) error {
	return p.check(p.under.FromPayload(payload, into))
}

// ToPayloads is of converter.DataConverter.
func (p *patient) ToPayloads(values ...any) (*commonpb.Payloads, error) {
	payloads, err := p.under.ToPayloads(values...)
	return payloads, p.check(err)
}

// FromPayloads is of converter.DataConverter.
func (p *patient) FromPayloads(payloads *commonpb.Payloads, into ...any) error {
	return p.check(p.under.FromPayloads(payloads, into...))
}

// ToString is of converter.DataConverter.
func (p *patient) ToString(payload *commonpb.Payload) string { return p.under.ToString(payload) }

// ToStrings is of converter.DataConverter.
func (p *patient) ToStrings(payloads *commonpb.Payloads) []string { return p.under.ToStrings(payloads) }
