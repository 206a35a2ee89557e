package aeron

import (
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/aeroncgo/aeron/aeronc"
)

// contexts are C's contexts of what runs, and what else is known of it.
type contexts struct {
	driver   *aeronc.DriverContext // nil unless the driver is embedded
	embedded *aeronc.Driver        // the same
	client   *aeronc.Context
	requests <-chan struct{}
}

// effective is what runs; the contexts stay readable, and empty, when it is closed.
func (e *entry) effective() contexts {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.contexts
}

// ContextInfo is every setting that C's driver and client run with, or would before Start, as C reports them: a line each, sorted, such
// as "driver.mtu_length=1408" or "client.driver_timeout_ms=10s". A driver that is not embedded has none of the first kind.
func (d *Driver) ContextInfo() string {
	if d == nil || d.entry == nil {
		return ""
	}
	c := d.entry.effective()
	if c.client == nil {
		return d.entry.cfg.contextInfo()
	}
	return c.info()
}

func (c contexts) info() string {
	var lines []string
	add := func(prefix string, settings iter.Seq2[string, string]) {
		for name, value := range settings {
			lines = append(lines, prefix+name+"="+value+"\n")
		}
	}
	if c.driver != nil {
		add("driver.", c.driver.Settings())
	}
	add("client.", c.client.Settings())
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// contextInfo is the text of contexts that are made for it.
func (c Config) contextInfo() string {
	var made contexts
	client, err := c.clientContext(func(error) {}, nil)
	if err != nil {
		return err.Error() + "\n"
	}
	made.client = client
	if !c.External {
		if made.driver, err = c.driverContext(); err != nil {
			return errors.Join(err, client.Close()).Error() + "\n"
		}
	}
	text := made.info()
	if made.driver != nil {
		err = made.driver.Close()
	}
	if err = errors.Join(err, client.Close()); err != nil {
		text += err.Error() + "\n"
	}
	return text
}
