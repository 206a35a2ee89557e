package aeronc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/aeroncgo/aeron/cgo"
)

// Property is one setting of a properties file: aeron.mtu.length=1408.
type Property struct {
	Name, Value string
	Line        int // where its name is, from 1
	File        string
}

// Variable is the environment variable that the property stands for, as C and Java have it: AERON_MTU_LENGTH.
func (p Property) Variable() string {
	return strings.ToUpper(strings.ReplaceAll(p.Name, ".", "_"))
}

// bad is an error about the property.
func (p Property) bad(detail string, err error) error {
	return &Error{Op: fmt.Sprintf("load properties %s:%d", p.File, p.Line), Detail: fmt.Sprintf("%s=%s %s", printable(p.Name), strconv.Quote(p.Value), detail), Err: err}
}

// longestProperties bounds a file, and longestProperty a line with those that continue it, which is C's bound.
const (
	longestProperties = 1 << 20
	longestProperty   = 2047
)

// ReadProperties reads a properties file as C's and Java's drivers take it on their command line: a name, "=" or ":", and a value on each line;
// "#" and "!" begin comments, and a "\" at the end of a line goes on in the next. It sets nothing, neither in the process's environment,
// as C's own function does, nor elsewhere: see [DriverConfigOf], [DriverContext.SetProperties] and [Context.SetProperties].
//
// Errors: fs.ErrNotExist, where C says nothing; ErrInvalidArgument with file and line for what C calls malformed, and for a name that is
// set twice.
//
// C: aeron_properties_file_load
func ReadProperties(path string) ([]Property, error) {
	refuse := func(line int, detail string) error {
		return &Error{Op: fmt.Sprintf("load properties %s:%d", printable(path), line), Detail: detail, Err: ErrInvalidArgument}
	}
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "read", Path: path, Err: errors.New("is no file")}
	}
	if err == nil && info.Size() > longestProperties {
		return nil, refuse(0, fmt.Sprintf("the file has %d bytes, where %d are the most", info.Size(), longestProperties))
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, &Error{Op: "load properties " + printable(path), Err: err}
	}
	var all []Property
	seen := map[string]int{}
	var p *Property // that goes on in the next line
	length, number := 0, 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		length += len(line)
		trimmed := strings.TrimLeft(line, " \t")
		switch {
		case length > longestProperty:
			return nil, refuse(number, fmt.Sprintf("is longer than %d bytes, which is all that C takes", longestProperty))
		case strings.ContainsRune(line, 0):
			return nil, refuse(number, "holds a NUL byte")
		case trimmed == "" || trimmed[0] == '#' || trimmed[0] == '!':
			if p == nil {
				length = 0
			}
			continue
		}
		if p == nil {
			end := strings.IndexAny(trimmed, ":=")
			name := ""
			if end > 0 {
				name = strings.TrimRight(trimmed[:end], " \t")
			}
			if name == "" {
				return nil, refuse(number, strconv.Quote(line)+" must be name=value, such as aeron.mtu.length=1408")
			}
			if first := seen[name]; first > 0 {
				return nil, refuse(number, fmt.Sprintf("%s is set in line %d already: once is enough", printable(name), first))
			}
			seen[name] = number
			p, trimmed = &Property{Name: name, Line: number, File: printable(path)}, strings.TrimLeft(trimmed[end+1:], " \t")
		}
		value, more := strings.CutSuffix(trimmed, "\\")
		p.Value += value
		if !more {
			all = append(all, *p)
			p, length = nil, 0
		}
	}
	if p != nil {
		return nil, refuse(number, printable(p.Name)+" goes on in a line that is not there: remove the \\")
	}
	return all, nil
}

// aliases are what C and Java call some values in their variables.
var aliases = map[string]string{
	"unicast_max": "max", "multicast_max": "max", "multicast_min": "min", "multicast_tagged": "tagged",
	"aeron_unicast_flow_control_strategy_supplier":             "max",
	"aeron_max_multicast_flow_control_strategy_supplier":       "max",
	"aeron_min_flow_control_strategy_supplier":                 "min",
	"aeron_tagged_flow_control_strategy_supplier":              "tagged",
	"aeron_congestion_control_default_strategy_supplier":       "default",
	"aeron_static_window_congestion_control_strategy_supplier": "static",
	"aeron_cubic_congestion_control_strategy_supplier":         "cubic",
	"aeron_default_name_resolver_supplier":                     "default",
	"aeron_csv_table_name_resolver_supplier":                   "csv_table",
}

// settingOf is the row of a property, or nil.
func settingOf[C any](table []setting[C], p Property) *setting[C] {
	for i := range table {
		if s := &table[i]; s.env != "" && s.env == p.Variable() {
			return s
		}
	}
	return nil
}

// IsDriver and IsClient report whether the property is a setting of a driver, and of a client; some are of both.
func (p Property) IsDriver() bool { return settingOf(driverContextSettings, p) != nil }

// IsClient reports whether the property is a setting of a client: see IsDriver.
func (p Property) IsClient() bool { return settingOf(contextSettings, p) != nil }

// Setting is C's name of the setting, for Set of a driver's context or, if it is none of a driver's, of a client's; empty if it is neither's.
func (p Property) Setting() string {
	if s := settingOf(driverContextSettings, p); s != nil {
		return s.name
	}
	if s := settingOf(contextSettings, p); s != nil {
		return s.name
	}
	return ""
}

// setProperties sets those that a context has. Arguments go before what they are for.
func setProperties[C any](table []setting[C], c C, properties []Property) error {
	var errs []error
	ordered := slices.Clone(properties)
	slices.SortStableFunc(ordered, func(a, b Property) int {
		return boolInt(strings.HasSuffix(b.Variable(), "_INIT_ARGS")) - boolInt(strings.HasSuffix(a.Variable(), "_INIT_ARGS"))
	})
	for _, p := range ordered {
		s := settingOf(table, p)
		if s == nil {
			continue
		}
		value := p.Value
		if alias := aliases[value]; alias != "" {
			value = alias
		}
		if err := setByName(table, c, s.name, value); err != nil {
			errs = append(errs, p.bad("is refused", err))
		}
	}
	return errors.Join(errs...)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// SetProperties sets those properties that are a driver's, and leaves the others: see [Property.IsDriver]. Every one that is refused is an
// error that names its file and line.
func (c *DriverContext) SetProperties(properties []Property) error {
	if c == nil {
		return ErrClosed
	}
	return errors.Join(c.set(func(*cgo.DriverContext) error { return nil }), setProperties(driverContextSettings, c, properties))
}

// SetProperties sets those properties that are a client's, and leaves the others: see [Property.IsClient].
func (c *Context) SetProperties(properties []Property) error {
	if c == nil {
		return ErrClosed
	}
	return errors.Join(c.set(func(*cgo.Context) error { return nil }), setProperties(contextSettings, c, properties))
}

// DriverConfigOf is a config of those properties that are a driver's. Every one that has no good value is an error that names its file and
// line.
func DriverConfigOf(properties []Property) (config DriverConfig, err error) {
	c, err := NewDriverContext()
	if err != nil {
		return config, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.SetProperties(properties); err != nil {
		return config, err
	}
	all := c.Config()
	var errs []error
	for _, p := range properties {
		s := settingOf(driverContextSettings, p)
		for _, f := range driverConfigFields {
			if s == nil || f.setting != s.name {
				continue
			}
			f.copy(&config, &all)
			if err := f.check(&all); err != nil {
				errs = append(errs, p.bad("is refused", err))
			}
		}
	}
	return config, errors.Join(errs...)
}
