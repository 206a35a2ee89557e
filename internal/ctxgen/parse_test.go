package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const prefix = "aeron_context"

func TestParseSettings(t *testing.T) {
	tests := []struct {
		name, header string
		want         []setting
	}{
		{"setter without getter", "int aeron_context_set_name(aeron_context_t *context, size_t value);", []setting{{name: "name", cType: "size_t"}}},
		{
			"setter with getter",
			"int aeron_context_set_a(aeron_context_t *context, size_t value);\nsize_t aeron_context_get_a(aeron_context_t *context);",
			[]setting{{name: "a", cType: "size_t", hasGetter: true}},
		},
		{
			"getter before its setter",
			"bool aeron_context_get_a(aeron_context_t *context);\nint aeron_context_set_a(aeron_context_t *context, bool value);",
			[]setting{{name: "a", cType: "bool", hasGetter: true}},
		},
		{
			"getter of another type",
			"int aeron_context_set_a(aeron_context_t *context, uint64_t value);\nbool aeron_context_get_a(aeron_context_t *context);",
			[]setting{{name: "a", cType: "uint64_t"}},
		},
		{
			"getter of a wider type",
			"int aeron_context_set_a(aeron_context_t *context, uint64_t value);\nint64_t aeron_context_get_a(aeron_context_t *context);\n" +
				"int aeron_context_set_b(aeron_context_t *context, bool value);\nint aeron_context_get_b(aeron_context_t *context);",
			[]setting{{name: "a", cType: "uint64_t", hasGetter: true, getType: "int64_t"}, {name: "b", cType: "bool", hasGetter: true, getType: "int"}},
		},
		{
			"getter of another name",
			"int aeron_context_set_resolver_bootstrap_neighbor_resolution_interval_ns(aeron_context_t *c, uint64_t value);\n" +
				"uint64_t aeron_context_get_resolver_bootstrap_resolution_interval_ns(aeron_context_t *c);",
			[]setting{{
				name: "resolver_bootstrap_neighbor_resolution_interval_ns", cType: "uint64_t", hasGetter: true,
				getter: "resolver_bootstrap_resolution_interval_ns",
			}},
		},
		{
			"getter of another setting",
			"int aeron_context_set_a(aeron_context_t *context, bool value);\nbool aeron_context_get_ab(aeron_context_t *context);",
			[]setting{{name: "a", cType: "bool"}},
		},
		{
			"getter that takes more than the context",
			"int aeron_context_set_a(aeron_context_t *context, bool value);\nbool aeron_context_get_a(aeron_context_t *context, int index);",
			[]setting{{name: "a", cType: "bool"}},
		},
		{"getter alone", "size_t aeron_context_get_a(aeron_context_t *context);", nil},
		{
			"in the order of names",
			"int aeron_context_set_b(aeron_context_t *c, bool v);\nint aeron_context_set_a(aeron_context_t *c, bool v);",
			[]setting{{name: "a", cType: "bool"}, {name: "b", cType: "bool"}},
		},
		{
			"prototype over several lines",
			"int aeron_context_set_a(\n    aeron_context_t *context,\n\tuint32_t   value\n);\nuint32_t aeron_context_get_a(\n    aeron_context_t *context);",
			[]setting{{name: "a", cType: "uint32_t", hasGetter: true}},
		},
		{
			"text, wherever the star stands",
			"int aeron_context_set_a(aeron_context_t *c, const char *v);\nconst char *aeron_context_get_a(aeron_context_t *c);\n" +
				"int aeron_context_set_b(aeron_context_t *c, const char* v);\nconst char* aeron_context_get_b(aeron_context_t *c);\n" +
				"int aeron_context_set_d(aeron_context_t *c, const   char * v);\n",
			[]setting{{name: "a", cType: "const char *", hasGetter: true}, {name: "b", cType: "const char *", hasGetter: true}, {name: "d", cType: "const char *"}},
		},
		{"setter that gives an int64_t", "int64_t aeron_context_set_a(aeron_context_t *c, int64_t v);", []setting{{name: "a", cType: "int64_t"}}},
		{"setter that gives nothing", "void aeron_context_set_a(aeron_context_t *c, int64_t v);", nil},
		{"function type", "int aeron_context_set_a(aeron_context_t *c, aeron_idle_strategy_func_t v);", nil},
		{"function written out", "int aeron_context_set_a(aeron_context_t *c, void (*v)(void));", nil},
		{"function with its argument", "int aeron_context_set_a(aeron_context_t *c, aeron_error_handler_t v, void *clientd);", nil},
		{"pointer to a struct", "int aeron_context_set_a(aeron_context_t *c, struct aeron_table *v);", nil},
		{"text that C may write", "int aeron_context_set_a(aeron_context_t *c, char *v);", nil},
		{"value without a name", "int aeron_context_set_a(aeron_context_t *, size_t);", nil},
		{"no value", "int aeron_context_set_a(aeron_context_t *c);", nil},
		{"body instead of a prototype", "int aeron_context_set_a(aeron_context_t *c, bool v)\n{\n    return 0;\n}", nil},
		{"another context", "int aeron_driver_context_set_a(aeron_driver_context_t *c, bool v);", nil},
		{"commented out", "/* int aeron_context_set_a(aeron_context_t *c, bool v); */\n/**\nint aeron_context_set_b(aeron_context_t *c, bool v);\n*/", nil},
		{
			"comments between and within",
			"/** Sets it. */\nint aeron_context_set_a(aeron_context_t *c, /* bytes; at least 1 */ size_t v);\n/* and\nso on */",
			[]setting{{name: "a", cType: "size_t"}},
		},
		{"empty", "", nil},
		{"not C", "\x00\xff ((( ;;; *** /* int aeron_context_set_(", nil},
		{"prototype that has no end", "int aeron_context_set_a(aeron_context_t *c, bool v", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, parseSettings(test.header, prefix)) })
	}
}

func TestParseSettings_environment(t *testing.T) {
	const define = `#define AERON_A_ENV_VAR "AERON_A"` + "\n"
	const setA, setB = "int aeron_context_set_a(aeron_context_t *c, bool v);\n", "int aeron_context_set_b(aeron_context_t *c, bool v);\n"
	tests := []struct {
		name, header, a, b string
	}{
		{"right before", define + setA + setB, "AERON_A", ""},
		{"for the second", setA + define + setB, "", "AERON_A"},
		{"with other lines between", define + "#define AERON_A_DEFAULT (1)\n/** Sets a. */\n\n" + setA, "AERON_A", ""},
		{"the last of two counts", `#define OLD_ENV_VAR "AERON_OLD"` + "\n" + define + setA, "AERON_A", ""},
		{"taken by a setter that is left out", define + "int aeron_context_set_handler(aeron_context_t *c, handler_t h, void *d);\n" + setA, "", ""},
		{"another program's variable", `#define A_ENV_VAR "OTHER_A"` + "\n" + setA, "", ""},
		{"another kind of macro", `#define AERON_A "AERON_A"` + "\n" + setA, "", ""},
		{"setter over several lines", define + "int aeron_context_set_a(\n    aeron_context_t *c,\n    bool v);\n" + setB, "AERON_A", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := map[string]string{}
			for _, s := range parseSettings(test.header, prefix) {
				got[s.name] = s.env
			}
			require.Equal(t, test.a, got["a"])
			require.Equal(t, test.b, got["b"])
		})
	}
}

func TestParseSettings_everyPlainType(t *testing.T) {
	for cType := range plainTypes {
		got := parseSettings("int aeron_context_set_a(aeron_context_t *context, "+cType+" value);", prefix)
		require.Equal(t, []setting{{name: "a", cType: cType}}, got)
		require.NotEmpty(t, got[0].methodType(), cType)
		require.NotEmpty(t, got[0].parser(), cType)
	}
}

func TestSetting_namesAndUnits(t *testing.T) {
	tests := []struct {
		name, cType, goName, unit, methodType, parser string
	}{
		{"dir", "const char *", "Dir", "", "string", "parseText"},
		{"mtu_length", "size_t", "MTULength", "", "int", "parseNumber[int]"},
		{"ipc_mtu_length", "size_t", "IPCMTULength", "", "int", "parseNumber[int]"},
		{"socket_so_rcvbuf", "size_t", "SocketSORcvBuf", "", "int", "parseNumber[int]"},
		{"sharednetwork_idle_strategy", "const char *", "SharedNetworkIdleStrategy", "", "string", "parseText"},
		{"idle", "bool", "Idle", "", "bool", "parseBool"}, // not ID and le
		{"driver_timeout_ms", "uint64_t", "DriverTimeout", "time.Millisecond", "time.Duration", "parseDuration(time.Millisecond)"},
		{"nak_delay_ns", "int64_t", "NAKDelay", "time.Nanosecond", "time.Duration", "parseDuration(time.Nanosecond)"},
		{"spin_ns", "uint32_t", "SpinNs", "", "uint32", "parseNumber[uint32]"}, // too narrow to be a duration
		{"max_ns_ratio", "uint64_t", "MaxNsRatio", "", "int64", "parseNumber[int64]"},
		{"a__b_", "size_t", "AB", "", "int", "parseNumber[int]"},
		{"columns", "int64_t", "Columns", "", "int64", "parseNumber[int64]"}, // ns, but no unit
		{"threading_mode", "aeron_threading_mode_t", "ThreadingMode", "", "ThreadingMode", "parseThreadingMode"},
		{"receiver_group_consideration", "aeron_inferable_boolean_t", "ReceiverGroupConsideration", "", "InferableBoolean", "parseInferableBoolean"},
		{"thread_naming", "aeron_thread_naming_t", "ThreadNaming", "", "ThreadNaming", "parseThreadNaming"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := setting{name: test.name, cType: test.cType}
			require.Equal(t, test.goName, s.goName())
			require.Equal(t, test.unit, s.unit())
			require.Equal(t, test.methodType, s.methodType())
			require.Equal(t, test.parser, s.parser())
		})
	}
}

func TestNormalType(t *testing.T) {
	for text, want := range map[string]string{
		"": "", " size_t ": "size_t", "const char*": "const char *", "const\n\tchar  *": "const char *", "char *": "char *",
	} {
		require.Equal(t, want, normalType(text), "%q", text)
	}
}

func FuzzParseSettings(f *testing.F) {
	f.Add("#define A_ENV_VAR \"AERON_A\"\nint aeron_context_set_a_ns(aeron_context_t *context, uint64_t value);")
	f.Add("const char *aeron_context_get_b(aeron_context_t *context);")
	f.Add("int aeron_context_set_(aeron_context_t *context, bool value);") // a name of nothing is no setting
	f.Fuzz(func(t *testing.T, header string) {
		for _, s := range parseSettings(header, prefix) {
			require.NotEmpty(t, s.name)
			require.Contains(t, plainTypes, s.cType)
		}
	})
}
