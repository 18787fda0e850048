package engine

import (
	"relance/process/rollout"
	"relance/store/vault"
	"relance/worker"
)

// Rollout speaks with Temporal about the versions of the workers; what it replays, it replays with this program's procedure.
func (e *Engine) Rollout() (*rollout.Rollout, error) {
	namespace, err := Namespace()
	if err != nil {
		return nil, err
	}
	r := &rollout.Rollout{Temporal: e.Temporal, Namespace: namespace, Build: e.Config.Build, Register: rollout.Procedure(e.procedure()), Knows: worker.Knows}
	if e.Keys != nil {
		r.Codec = vault.NewCodec(e.Keys)
	}
	return r, nil
}
