//go:build !linux

package outage

import "errors"

func noDisk(string) {}

func disk(string, int) error { return errors.New("small disks are made on Linux alone") }
