package main

import (
	"regexp"
	"sort"
	"strings"
)

// contextKind is one of the two context structs and where its wrappers go.
type contextKind struct {
	header, prefix, cType, goName, file string
	config                              string    // the file of the struct that holds all settings, if there is one
	byHand                              []meaning // of settings whose methods are written by hand
	known                               []meaning // of all of them
	settings                            []setting
}

// setting is one value of a context with its setter and, where C has one of the same name, its getter.
type setting struct {
	name      string // as C has it: mtu_length
	cType     string // as C has it: size_t
	hasGetter bool
	getter    string // the getter's name and type, where they are not the setter's
	getType   string
	env       string // the environment variable that C reads for it, if the header names one
}

// getterName is the getter's name, without its prefix.
func (s setting) getterName() string {
	if s.getter != "" {
		return s.getter
	}
	return s.name
}

// getters are of settings whose getter has another name.
var getters = map[string]string{
	"resolver_bootstrap_neighbor_resolution_interval_ns": "resolver_bootstrap_resolution_interval_ns",
}

// widened are the types that some getters give for what their setter takes.
var widened = map[[2]string]bool{{"bool", "int"}: true, {"uint64_t", "int64_t"}: true}

// nullable are settings whose default is C's null value, -1, where their setter takes a uint64_t.
var nullable = map[string]bool{"untethered_linger_timeout_ns": true}

var (
	comments  = regexp.MustCompile(`(?s)/\*.*?\*/`)
	spaces    = regexp.MustCompile(`\s+`)
	prototype = regexp.MustCompile(`(?m)^([\w ]+[ *]+)(\w+)\(([^;{]*)\);`)
	envMacro  = regexp.MustCompile(`#define\s+\w+_ENV_VAR\s+"(AERON_\w+)"`)
)

// plainTypes maps what C takes to what cgo and Go call it.
var plainTypes = map[string]struct{ cgo, goType string }{
	"bool":                      {"C.bool", "bool"},
	"size_t":                    {"C.size_t", "int"},
	"uint64_t":                  {"C.uint64_t", "int64"},
	"int64_t":                   {"C.int64_t", "int64"},
	"int32_t":                   {"C.int32_t", "int32"},
	"uint32_t":                  {"C.uint32_t", "uint32"},
	"uint16_t":                  {"C.uint16_t", "uint16"},
	"uint8_t":                   {"C.uint8_t", "uint8"},
	"const char *":              {"", "string"},
	"aeron_threading_mode_t":    {"C.aeron_threading_mode_t", "int32"},
	"aeron_inferable_boolean_t": {"C.aeron_inferable_boolean_t", "int32"},
	"aeron_thread_naming_t":     {"C.aeron_thread_naming_t", "int32"},
}

// parseSettings finds the plain settings in a header's text, in the order of their names.
func parseSettings(text, prefix string) []setting {
	env := environment(text, prefix)
	text = comments.ReplaceAllString(text, "")
	found := map[string]string{} // getters and their types
	var settings []setting
	for _, m := range prototype.FindAllStringSubmatch(text, -1) {
		result, name, params := strings.TrimSpace(m[1]), m[2], spaces.ReplaceAllString(m[3], " ")
		if after, ok := strings.CutPrefix(name, prefix+"_get_"); ok && !strings.Contains(params, ",") {
			found[after] = normalType(result)
			continue
		}
		after, ok := strings.CutPrefix(name, prefix+"_set_")
		if !ok || after == "" || (result != "int" && result != "int64_t") {
			continue
		}
		parts := strings.Split(params, ",")
		if len(parts) != 2 {
			continue
		}
		value := strings.TrimSpace(parts[1])
		cut := strings.LastIndexAny(value, " *")
		if cut < 0 {
			continue
		}
		cType := normalType(value[:cut+1])
		if _, plain := plainTypes[cType]; plain {
			settings = append(settings, setting{name: after, cType: cType, env: env[after]})
		}
	}
	for i := range settings {
		s := &settings[i]
		name := s.name
		if other, ok := getters[name]; ok && found[other] != "" {
			s.getter, name = other, other
		}
		gives := found[name]
		if widened[[2]string{s.cType, gives}] {
			s.getType = gives
		}
		s.hasGetter = gives == s.cType || s.getType != ""
	}
	sort.Slice(settings, func(i, j int) bool { return settings[i].name < settings[j].name })
	return settings
}

// environment maps a setting to the AERON_ variable whose macro stands right before its setter.
func environment(text, prefix string) map[string]string {
	env := map[string]string{}
	setter := regexp.MustCompile(`^int ` + prefix + `_set_(\w+)\(`)
	last := ""
	for line := range strings.Lines(text) {
		if m := envMacro.FindStringSubmatch(line); m != nil {
			last = m[1]
		} else if m := setter.FindStringSubmatch(line); m != nil {
			env[m[1]], last = last, ""
		}
	}
	return env
}

func normalType(t string) string {
	t = strings.TrimSpace(spaces.ReplaceAllString(t, " "))
	if pointee, ok := strings.CutSuffix(t, "*"); ok {
		return strings.TrimSpace(pointee) + " *"
	}
	return t
}

var initialisms = map[string]string{
	"mtu": "MTU", "ipc": "IPC", "udp": "UDP", "id": "ID", "cpu": "CPU", "io": "IO", "nak": "NAK", "ttl": "TTL",
	"so": "SO", "tos": "TOS", "rcvbuf": "RcvBuf", "sndbuf": "SndBuf", "sharednetwork": "SharedNetwork",
}

// goName turns mtu_length into MTULength; a unit at the end goes, since Go's time.Duration carries it.
func (s setting) goName() string {
	name := s.name
	if s.unit() != "" {
		name = name[:len(name)-3]
	}
	var b strings.Builder
	for part := range strings.SplitSeq(name, "_") {
		if up, ok := initialisms[part]; ok {
			b.WriteString(up)
		} else if part != "" { // two underscores in a row
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// unit is the Go duration that one of C's units is worth, or "".
func (s setting) unit() string {
	switch {
	case s.cType != "uint64_t" && s.cType != "int64_t":
		return ""
	case strings.HasSuffix(s.name, "_ns"):
		return "time.Nanosecond"
	case strings.HasSuffix(s.name, "_ms"):
		return "time.Millisecond"
	}
	return ""
}

// An idle strategy is loaded when it is set, with the arguments that it finds, and C leaves none at all where that fails.
func (s setting) isIdleStrategy() bool {
	return s.cType == "const char *" && strings.HasSuffix(s.name, "idle_strategy")
}

func (s setting) isIdleArgs() bool {
	return s.cType == "const char *" && strings.HasSuffix(s.name, "idle_strategy_init_args")
}
