package main

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// byHand are the meanings of settings that are not plain.
func byHand() []meaning {
	var left []meaning
	for _, m := range meanings {
		if m.field != "" || m.goType != "" {
			left = append(left, m)
		}
	}
	for i := range left {
		if left[i].field == "" {
			left[i].field = setting{name: left[i].name}.goName()
		}
	}
	return left
}

// configField is a field of DriverConfig, from the header and from what is known of it.
type configField struct {
	meaning

	goType string // of the value, without Optional
}

// configFields are the fields in the order of meanings. A setting that the headers have and meanings do not comes last, with nothing but
// its name, for the generator's tests and for a new version until it is described.
func configFields(k *contextKind) []configField {
	plain := map[string]setting{}
	for _, s := range k.settings {
		plain[s.name] = s
	}
	var fields []configField
	for _, m := range meanings {
		s, ok := plain[m.name]
		delete(plain, m.name)
		switch {
		case m.goType != "":
			if m.field == "" {
				m.field = setting{name: m.name}.goName()
			}
			fields = append(fields, configField{m, m.goType})
		case ok:
			m.field = s.goName()
			if s.env != "" {
				m.env = s.env
			}
			fields = append(fields, configField{m, s.methodType()})
		}
	}
	for _, s := range k.settings {
		if _, unknown := plain[s.name]; unknown {
			m := meaning{name: s.name, field: s.goName(), env: s.env, text: "is the setting of this name"}
			fields = append(fields, configField{m, s.methodType()})
		}
	}
	for i := range fields {
		f := &fields[i]
		f.optional = f.optional || f.goType == "bool" // both of a bool's values are values of their own
		if value, ok := strings.CutPrefix(f.goType, "Optional["); ok {
			f.optional, f.goType = true, strings.TrimSuffix(value, "]")
		}
	}
	return fields
}

func (f configField) fieldType() string {
	if f.optional {
		return "Optional[" + f.goType + "]"
	}
	return f.goType
}

// config writes the struct with its table.
func config(k *contextKind) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// %s\n\npackage aeronc\n\nimport \"time\"\n\n", marker)
	b.WriteString("// DriverConfig is every setting of C's driver as a value: comparable, and without a C context behind it. The zero value of a field\n" +
		"// leaves its setting as it is. Where zero is a value that one may want, and not the default, the field is an [Optional], set with [Some].\n" +
		"// The defaults named are C's.\n//\n" +
		"// A field is called as the setter and getter of [DriverContext] are.\ntype DriverConfig struct {\n")
	fields := configFields(k)
	for i, f := range fields {
		if f.section != "" {
			if i > 0 {
				b.WriteString("\n")
			}
			fmt.Fprintf(&b, "// %s.\n\n", f.section)
		}
		for _, line := range wrap(f.doc(k.prefix), 118) {
			fmt.Fprintf(&b, "// %s\n", line)
		}
		fmt.Fprintf(&b, "%s %s\n", f.field, f.fieldType())
	}
	b.WriteString("}\n\n// driverConfigFields are the fields in the order in which they are set: arguments before what they are for.\n" +
		"var driverConfigFields = []configField{\n")
	for _, f := range fields {
		kind := "plainField"
		if f.optional {
			kind = "optionalField"
		}
		method := "(*" + k.goName + ")."
		set, get := method+"Set"+f.field, method+f.field
		if f.meaning.goType == f.fieldType() && f.optional {
			kind = "plainField" // its methods take the Optional itself
		}
		fmt.Fprintf(&b, "%s(%q, %q, %q, func(c *DriverConfig) *%s { return &c.%s }, %s, %s, %s),\n",
			kind, f.field, f.name, f.def, f.fieldType(), f.field, f.checkExpr(kind), set, f.getExpr(k, get))
	}
	b.WriteString("}\n")
	return b.Bytes()
}

func (f configField) getExpr(k *contextKind, get string) string {
	for _, s := range k.settings {
		if s.name == f.name && !s.hasGetter && f.meaning.goType == "" {
			return "nil"
		}
	}
	return get
}

func (f configField) checkExpr(kind string) string {
	t := f.goType
	if kind == "plainField" {
		t = f.fieldType()
	}
	switch {
	case f.check != "":
		return f.check
	case f.oneOf != "":
		return fmt.Sprintf("oneOf(%q)", f.oneOf)
	case f.power:
		return fmt.Sprintf("powerOfTwo[%s](%d, %d)", t, f.low, f.high)
	case f.low != 0 || f.high != 0:
		return fmt.Sprintf("within[%s](%d, %d, %d)", t, f.low, f.high, f.step)
	case t == "string":
		return "text"
	}
	return fmt.Sprintf("anything[%s]", t)
}

// doc is the field's comment.
func (f configField) doc(prefix string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s. ", f.field, f.text)
	if f.oneOf != "" && f.goType == "string" && f.meaning.goType == "" {
		fmt.Fprintf(&b, "One of %s. ", strings.ReplaceAll(f.oneOf, " ", ", "))
	}
	if f.bytes {
		b.WriteString("Bytes")
		if f.low != 0 || f.high != 0 {
			b.WriteString(", ")
		} else {
			b.WriteString(". ")
		}
	}
	switch from, to := f.show(f.low), f.show(f.high); {
	case f.low == 0 && f.high == 0, f.goType == "ThreadNaming", f.goType == "ThreadingMode", f.goType == "InferableBoolean":
	case f.power:
		fmt.Fprintf(&b, "a power of two from %s to %s. ", from, to)
	case f.step > 0:
		fmt.Fprintf(&b, "a multiple of %d from %s to %s. ", f.step, from, to)
	case f.bytes:
		fmt.Fprintf(&b, "from %s to %s. ", from, to)
	default:
		fmt.Fprintf(&b, "From %s to %s. ", from, to)
	}
	if f.def != "" {
		fmt.Fprintf(&b, "Default %s. ", f.showDefault())
	}
	if f.env != "" {
		fmt.Fprintf(&b, "Environment:%s%s. ", together, f.env)
	}
	fmt.Fprintf(&b, "C:%s%s_set_%s", together, prefix, f.name)
	return b.String()
}

func (f configField) showDefault() string {
	if n, err := strconv.ParseInt(f.def, 10, 64); err == nil && f.goType != "ThreadNaming" {
		return f.show(n)
	}
	switch f.def {
	case "<by user>":
		return "aeron-<user> in /dev/shm"
	case "0": // of ThreadNaming
		return "ThreadNamingClassic"
	}
	return f.def
}

// show is a limit as people read it.
func (f configField) show(n int64) string {
	switch {
	case f.goType == "time.Duration":
		if n == aYear {
			return "a year"
		}
		if n == int64(time.Hour) {
			return "an hour"
		}
		return time.Duration(n).String()
	case n == math.MaxInt32 && f.bytes:
		return "2 GiB less 1"
	case n == math.MaxInt64:
		return "any"
	case f.bytes && n >= 1<<10:
		for _, unit := range []struct {
			factor int64
			name   string
		}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
			if n%unit.factor == 0 {
				return fmt.Sprintf("%d %s", n/unit.factor, unit.name)
			}
		}
	}
	return thousands(n)
}

func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// together is a space at which a comment is not wrapped.
const together = "\x01"

func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		word = strings.ReplaceAll(word, together, " ")
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
