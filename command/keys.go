package command

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"text/tabwriter"
	"time"

	"relance/process/config"
	"relance/process/engine"
	"relance/store/vault"
)

// runKeysNew makes a master key.
func runKeysNew(_ context.Context, c *call) error {
	if _, err := c.parse(0); err != nil {
		return err
	}
	_, err := fmt.Fprintln(c.stdout, vault.NewMaster())
	return err
}

// errNoKeys tells why there is nothing to do with keys.
var errNoKeys = errors.New("RELANCE_KEYS is off: nothing is encrypted in Temporal, and there are no keys")

// withKeys opens the data keys for one command.
func withKeys(ctx context.Context, data string, do func(*engine.Engine) error) error {
	e, err := connect(ctx, data)
	if err != nil {
		return err
	}
	defer e.Close()
	if e.Keys == nil {
		return errNoKeys
	}
	return do(e)
}

// runKeysList counts the cases by the master key that their data keys are wrapped with.
func runKeysList(ctx context.Context, c *call) error {
	data := c.dataFlag()
	asJSON := c.flags.Bool("json", false, "for programs")
	if _, err := c.parse(0); err != nil {
		return err
	}
	return withKeys(ctx, *data, func(e *engine.Engine) error {
		count, err := e.Keys.Masters(ctx)
		if err != nil {
			return err
		}
		active := e.Keys.Active()
		if *asJSON {
			return c.json(map[string]any{"active": active, "data_keys": count})
		}
		w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "CLÉ MAÎTRESSE\tCLÉS DE DOSSIER\t")
		for _, id := range slices.Sorted(maps.Keys(count)) {
			note := ""
			if id == active {
				note = "en service"
			}
			fmt.Fprintf(w, "%s\t%d\t%s\n", id, count[id], note)
		}
		return w.Flush()
	})
}

// runKeysRotate wraps every data key with the first master key of the ring.
func runKeysRotate(ctx context.Context, c *call) error {
	data := c.dataFlag()
	if _, err := c.parse(0); err != nil {
		return err
	}
	return withKeys(ctx, *data, func(e *engine.Engine) error {
		n, err := e.Keys.Rotate(ctx)
		if err == nil {
			_, err = fmt.Fprintf(c.stdout, "%d clés de dossier protégées par la clé maîtresse %s ; les autres clés maîtresses ne servent plus.\n", n, e.Keys.Active())
		}
		return err
	})
}

// shortestToken is the least number of characters of the token that lets Temporal's pages read every case.
const shortestToken = 20

// runCodec decrypts for Temporal's pages and command line.
func runCodec(ctx context.Context, c *call) error {
	if _, err := c.parse(0); err != nil {
		return err
	}
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	switch o := cfg.Codec; {
	case o.Address == "":
		return errors.New("RELANCE_CODEC_ADDRESS is not set: host:port to listen on, such as 127.0.0.1:8234")
	case len(o.Token) < shortestToken:
		return fmt.Errorf("RELANCE_CODEC_TOKEN has %d characters, and needs %d at least: whoever knows it reads every case", len(o.Token), shortestToken)
	case len(o.Origins) == 0:
		return errors.New("RELANCE_CODEC_ORIGINS is not set: where Temporal's pages are, such as https://temporal.example.org")
	}
	if cfg.Keys == "off" {
		return errNoKeys
	}
	return runEngine(ctx, cfg, engine.Codec, func(e *engine.Engine, ctx context.Context) error {
		defer e.Watch(ctx)()
		pages := &vault.Server{Codec: vault.NewCodec(e.Keys), Token: cfg.Codec.Token, Origins: cfg.Codec.Origins, Log: e.Log}
		return serve(ctx, cfg.Codec.Address, pages.Handler())
	})
}

// serve answers on an address until ctx ends.
func serve(ctx context.Context, address string, pages http.Handler) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	s := &http.Server{Handler: pages, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		_ = s.Shutdown(stop)
	}()
	if err := s.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
