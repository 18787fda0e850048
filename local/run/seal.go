package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"relance/process/config"
	"relance/proof/seal"
)

// SealFile is where the seal of a local engine lies in its data folder.
const SealFile = "seal.p12"

// sealPassword keeps nothing secret: the file lies beside the data and is readable by its owner alone. A PKCS#12 file wants one.
const sealPassword = "relance"

// keepSeal makes a self-signed seal for the authority, once, unless the environment names a real one: what was sealed before a restart and after it
// bears the same seal.
func keepSeal(data string, c *config.Config) error {
	if c.Seal.PKCS12 != "" {
		return nil
	}
	file := filepath.Join(data, SealFile)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		a, err := c.Authority()
		if err != nil {
			return fmt.Errorf("authority: %w", err)
		}
		made, err := seal.SelfSigned("Cachet de "+a.Name+" (autosigné)", a.Name, sealPassword, time.Now())
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, made, 0o600); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	file, err := filepath.Abs(file)
	c.Seal.PKCS12, c.Seal.Password = file, sealPassword
	return err
}
