package aeron

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aeroncgo/aeron/aeronc"
)

// LoadProperties makes a Config of a properties file, as aeronmd and Java's driver take one: "aeron.term.buffer.length=64k" on a line, names
// being those of the AERON_* variables in small letters, with dots. It changes nothing in the process, its environment neither, and what
// the file does not say stays at zero: change the Config as you like, and open it.
//
// aeron.dir.delete.on.start says nothing here, since Start removes what a dead driver has left and no living one;
// aeron.dir.delete.on.shutdown is the opposite of KeepDirectory; aeron.driver.termination.validator is AllowTermination.
//
// Errors name file, line and property: of a file that is malformed, a value that is none, a property that begins with "aeron." and is none of
// C's driver or client, and one that a Config cannot have. Properties of other programs are passed over.
//
// C: aeron_properties_file_load
func LoadProperties(path string) (Config, error) {
	properties, err := aeronc.ReadProperties(path)
	if err != nil {
		return Config{}, err
	}
	var cfg Config
	var left []aeronc.Property
	var errs []error
	for _, p := range properties {
		taken, err := take(&cfg, p)
		if err != nil {
			errs = append(errs, err)
		}
		if !taken && err == nil {
			left = append(left, p)
		}
	}
	driver, err := aeronc.DriverConfigOf(left)
	cfg.Driver = driver
	if err := errors.Join(append(errs, err)...); err != nil {
		return Config{}, err
	}
	return cfg, nil
}

// take makes a property a field, if it is not a plain setting of the driver.
func take(c *Config, p aeronc.Property) (taken bool, err error) {
	refuse := func(rule string, cause error) error {
		return &Error{Op: fmt.Sprintf("load properties %s:%d", p.File, p.Line), Detail: fmt.Sprintf("%s=%q %s", p.Name, p.Value, rule), Err: cause}
	}
	truth := func(to *bool) (bool, error) {
		switch strings.ToLower(p.Value) {
		case "true", "1":
			*to = true
		case "false", "0":
			*to = false
		default:
			return true, refuse("must be true or false", ErrInvalidArgument)
		}
		return true, nil
	}
	switch setting := p.Setting(); {
	case p.Variable() == "AERON_DRIVER_TERMINATION_VALIDATOR":
		if p.Value != "allow" && p.Value != "deny" {
			return true, refuse("must be allow or deny: see Config.TerminationToken for a token", ErrInvalidArgument)
		}
		c.AllowTermination = p.Value == "allow"
		return true, nil
	case setting == "":
		if strings.HasPrefix(p.Name, "aeron.") {
			return true, refuse("is no setting of C's driver or client", ErrInvalidArgument)
		}
		return true, nil // another program's
	case setting == "dir_delete_on_start":
		var ignored bool
		return truth(&ignored)
	case setting == "dir_delete_on_shutdown":
		removed := false
		taken, err := truth(&removed)
		c.KeepDirectory = !removed
		return taken, err
	case strings.HasPrefix(setting, "publication_reserved_session_id"):
		return true, refuse(fixedSettings[setting], ErrInvalidArgument)
	case setting == "client_name":
		c.ClientName = p.Value
		return true, nil
	case setting == "pre_touch_mapped_memory":
		return truth(&c.PreTouchMemory)
	case p.IsDriver():
		return false, nil
	default:
		text := setting + "=" + p.Value
		if strings.Contains(p.Value, ";") {
			return true, refuse("must not hold a semicolon", ErrInvalidArgument)
		}
		if err := (Config{ClientSettings: text}).checkClientSettings(); err != nil {
			return true, refuse("is refused", err)
		}
		c.ClientSettings = strings.TrimPrefix(c.ClientSettings+";"+text, ";")
		return true, nil
	}
}
