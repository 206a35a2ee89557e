package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// generated are the files that the generator writes, by their paths in the module.
var generated = []string{
	"cgo/settings_gen.h", "cgo/settings_gen.c", "cgo/settings_gen.go", "aeronc/context_gen.go", "aeronc/driver_context_gen.go",
	"aeronc/driver_config_gen.go",
}

const clientHeader = `
#define AERON_DRIVER_TIMEOUT_ENV_VAR "AERON_DRIVER_TIMEOUT"
int aeron_context_set_driver_timeout_ms(aeron_context_t *context, uint64_t value);
uint64_t aeron_context_get_driver_timeout_ms(aeron_context_t *context);
int aeron_context_set_dir(aeron_context_t *context, const char *value);
const char *aeron_context_get_dir(aeron_context_t *context);
int aeron_context_set_error_handler(aeron_context_t *context, aeron_error_handler_t handler, void *clientd);
`

const driverHeader = `
int aeron_driver_context_set_mtu_length(aeron_driver_context_t *context, size_t value);
size_t aeron_driver_context_get_mtu_length(aeron_driver_context_t *context);
int aeron_driver_context_set_threading_mode(aeron_driver_context_t *context, aeron_threading_mode_t mode);
aeron_threading_mode_t aeron_driver_context_get_threading_mode(aeron_driver_context_t *context);
int aeron_driver_context_set_print(aeron_driver_context_t *context, bool value);
`

// generate runs the generator on two headers and gives what it wrote.
func generate(t *testing.T, client, driver string) map[string]string {
	t.Helper()
	include, root := t.TempDir(), moduleRoot(t)
	writeHeader(t, include, "aeronc.h", client)
	writeHeader(t, include, "aeronmd.h", driver)
	require.NoError(t, run(include, root))
	return written(t, root)
}

func moduleRoot(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, dir := range []string{"cgo", "aeronc"} {
		require.NoError(t, os.Mkdir(filepath.Join(root, dir), 0o755))
	}
	return root
}

func writeHeader(t *testing.T, include, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(include, name), []byte(text), 0o644))
}

// before writes a type as Aeron's headers have it before a name: the star of a pointer stands with the name.
func before(cType string) string {
	if strings.HasSuffix(cType, "*") {
		return cType
	}
	return cType + " "
}

// written reads the generated files and makes sure that there are no others.
func written(t *testing.T, root string) map[string]string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, "*", "*_gen.*"))
	require.NoError(t, err)
	require.Len(t, found, len(generated))
	files := map[string]string{}
	for _, name := range generated {
		text, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		files[name] = string(text)
	}
	return files
}

func TestRun_writesWhatTheSettingsNeed(t *testing.T) {
	files := generate(t, clientHeader, driverHeader)
	tests := []struct {
		file, text string
	}{
		{"cgo/settings_gen.h", "aerongo_result_t aerongo_context_set_driver_timeout_ms(aeron_context_t *context, uint64_t value);\n"},
		{"cgo/settings_gen.h", "aerongo_result_t aerongo_driver_context_set_mtu_length(aeron_driver_context_t *context, size_t value);\n"},
		{"cgo/settings_gen.c", "aerongo_result_t aerongo_context_set_dir(aeron_context_t *context, const char * value)\n{\n    aeron_err_clear();\n    return aerongo_status(aeron_context_set_dir(context, value));\n}\n"},
		{"cgo/settings_gen.go", "func ContextSetDriverTimeout(c *Context, value int64) error {\n\treturn errorOf(\"set driver_timeout_ms\", C.aerongo_context_set_driver_timeout_ms(c.c, C.uint64_t(value)))\n}\n"},
		{"cgo/settings_gen.go", "func ContextSetDir(c *Context, value string) error {\n\ttext, err := c.text(value)\n\tif err != nil {\n\t\treturn err\n\t}\n\treturn errorOf(\"set dir\", C.aerongo_context_set_dir(c.c, text))\n}\n"},
		{"cgo/settings_gen.go", "return C.GoString(C.aeron_context_get_dir(c.c))"},
		{"cgo/settings_gen.go", "func DriverContextMTULength(c *DriverContext) int {\n\treturn int(C.aeron_driver_context_get_mtu_length(c.c))\n}\n"},
		{"cgo/settings_gen.go", "func DriverContextSetPrint("},
		{"aeronc/context_gen.go", "// SetDriverTimeout sets the driver timeout. Environment: AERON_DRIVER_TIMEOUT. It fails once the context is in use or closed.\n"},
		{"aeronc/context_gen.go", "units, err := durationUnits(\"driver_timeout_ms\", value, time.Millisecond)"},
		{"aeronc/context_gen.go", "return durationOf(cgo.ContextDriverTimeout(raw), time.Millisecond)"},
		{"aeronc/context_gen.go", "// SetDir sets the dir. It fails once"},
		{"aeronc/context_gen.go", "var contextSettings = []setting[*Context]{\n\t{\"dir\", \"\", parsed(parseText, (*Context).SetDir), shown((*Context).Dir)},\n\t{\"driver_timeout_ms\", "},
		{"aeronc/driver_context_gen.go", "return invalidArgument(\"mtu_length\", value, \"must not be negative\")"},
		{"aeronc/driver_context_gen.go", "return cgo.DriverContextSetThreadingMode(raw, int32(value))"},
		{"aeronc/driver_context_gen.go", "return ThreadingMode(cgo.DriverContextThreadingMode(raw))"},
		{"aeronc/driver_config_gen.go", "type DriverConfig struct {\n"},
		{"aeronc/driver_config_gen.go", "\tMTULength int\n"},
		{"aeronc/driver_config_gen.go", "\t// MTULength is the longest UDP payload, headers included. Bytes, a multiple of 32 from 64 to 65,504. Default 1,408.\n\t// C: aeron_driver_context_set_mtu_length\n"},
		{"aeronc/driver_config_gen.go", "within[int](64, 65504, 32), (*DriverContext).SetMTULength, (*DriverContext).MTULength),\n"},
		{"aeronc/driver_config_gen.go", "\tThreadingMode Optional[ThreadingMode]\n"},
		{"aeronc/driver_config_gen.go", "\t// Print is the setting of this name. C: aeron_driver_context_set_print\n\tPrint Optional[bool]\n"},
		{"aeronc/driver_config_gen.go", "anything[bool], (*DriverContext).SetPrint, nil),\n"},
		{"aeronc/driver_context_gen.go", "{\"print\", \"\", parsed(parseBool, (*DriverContext).SetPrint), nil},\n"},
	}
	for _, test := range tests {
		require.Contains(t, files[test.file], test.text, test.file)
	}
	for name, text := range files {
		require.True(t, strings.HasPrefix(strings.TrimLeft(text, "/* "), marker), "%s: linters know it by its first line", name)
		require.NotContains(t, text, "error_handler", name)
		require.NotContains(t, text, "DriverContextPrint(", "%s: C has no getter for it", name)
	}
	require.Equal(t, files, generate(t, clientHeader, driverHeader), "the same headers give the same files")
}

func TestRun_everyTypeOfValueGivesGoThatParses(t *testing.T) {
	var client strings.Builder
	n, want := 0, map[string]bool{}
	for cType := range plainTypes {
		for _, unit := range []string{"", "_ns", "_ms"} {
			s := setting{name: fmt.Sprintf("v%d%s", n, unit), cType: cType}
			n++
			fmt.Fprintf(&client, "int aeron_context_set_%s(aeron_context_t *context, %s value);\n", s.name, cType)
			fmt.Fprintf(&client, "%saeron_context_get_%s(aeron_context_t *context);\n", before(cType), s.name)
			want["Set"+s.goName()], want[s.goName()] = true, true
		}
	}
	files := generate(t, client.String(), driverHeader)
	for name, text := range files {
		if filepath.Ext(name) != ".go" {
			// Braces and brackets that do not match are what a template gets wrong in C.
			for _, pair := range []string{"{}", "()"} {
				require.Equal(t, strings.Count(text, pair[:1]), strings.Count(text, pair[1:]), name)
			}
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments)
		require.NoError(t, err)
		require.Equal(t, filepath.Dir(name), file.Name.Name)
		got := map[string]bool{}
		for _, declared := range file.Decls {
			if f, ok := declared.(*ast.FuncDecl); ok {
				require.NotNil(t, f.Doc, f.Name.Name)
				require.False(t, got[f.Name.Name], "%s twice", f.Name.Name)
				got[f.Name.Name] = true
			}
		}
		if name == "aeronc/context_gen.go" {
			require.Equal(t, want, got)
		}
	}
}

func TestRun_errors(t *testing.T) {
	tests := []struct {
		name    string
		headers map[string]string
		text    string
	}{
		{"no headers", nil, "reading the header of aeron_driver_context"},
		{"no client header", map[string]string{"aeronmd.h": driverHeader}, "reading the header of aeron_context"},
		{"no driver header", map[string]string{"aeronc.h": clientHeader}, "is the native library installed?"},
		{"empty driver header", map[string]string{"aeronc.h": clientHeader, "aeronmd.h": ""}, "aeronmd.h declares no aeron_driver_context_set_"},
		{"headers the wrong way round", map[string]string{"aeronc.h": driverHeader, "aeronmd.h": clientHeader}, "aeronmd.h declares no aeron_driver_context_set_"},
		{"client header without settings", map[string]string{"aeronc.h": "/* none */", "aeronmd.h": driverHeader}, "aeronc.h declares no aeron_context_set_"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			include, root := t.TempDir(), moduleRoot(t)
			for name, text := range test.headers {
				writeHeader(t, include, name, text)
			}
			require.ErrorContains(t, run(include, root), test.text)
			left, err := filepath.Glob(filepath.Join(root, "*", "*"))
			require.NoError(t, err)
			require.Empty(t, left, "an error writes nothing")
		})
	}
	require.ErrorIs(t, run(t.TempDir(), moduleRoot(t)), os.ErrNotExist)

	include := t.TempDir()
	writeHeader(t, include, "aeronc.h", clientHeader)
	writeHeader(t, include, "aeronmd.h", driverHeader)
	require.ErrorIs(t, run(include, t.TempDir()), os.ErrNotExist, "a root without the packages' folders")
}

// TestCommittedFiles_areWhatTheTemplatesGive needs no library: what the headers must have said is read back from the committed
// files, so that an edit of either the templates or the files by hand shows.
func TestCommittedFiles_areWhatTheTemplatesGive(t *testing.T) {
	root := filepath.Join("..", "..")
	committed := written(t, root)
	shim := regexp.MustCompile(`(?m)^aerongo_result_t aerongo_(\w*context)_set_(\w+)\((\w+) \*context, (.+) value\);$`)
	headers := map[string]*strings.Builder{"context": {}, "driver_context": {}}
	for _, m := range shim.FindAllStringSubmatch(committed["cgo/settings_gen.h"], -1) {
		kind, name, context, cType := m[1], m[2], m[3], m[4]
		methods, to := committed["aeronc/"+kind+"_gen.go"], headers[kind]
		above, _, found := strings.Cut(methods, fmt.Sprintf("// C: aeron_%s_set_%s\n", kind, name))
		if byHand := kind == "driver_context" && slices.ContainsFunc(byHand(), func(m meaning) bool { return m.name == name }); !byHand {
			require.True(t, found, "no method for %s", name)
			doc := above[strings.LastIndex(above, "\n// Set"):]
			if _, env, ok := strings.Cut(doc, " Environment: "); ok {
				env, _, _ = strings.Cut(env, ".")
				fmt.Fprintf(to, "#define X_ENV_VAR %q\n", env)
			}
		}
		fmt.Fprintf(to, "int aeron_%s_set_%s(%s *context, %s value);\n", kind, name, context, cType)
		getter := cmp.Or(getters[name], name)
		call := fmt.Sprintf("aeron_%s_get_%s(c.c)", kind, getter)
		if strings.Contains(committed["cgo/settings_gen.go"], call+" != 0") {
			cType = "int"
		}
		if strings.Contains(committed["cgo/settings_gen.go"], call) {
			fmt.Fprintf(to, "%saeron_%s_get_%s(%s *context);\n", before(cType), kind, getter, context)
		}
	}
	requireSame(t, committed, generate(t, headers["context"].String(), headers["driver_context"].String()))

	// And the installed headers, where there are any, still say the same.
	include := filepath.Join(root, "vendor-c", "prefix", "include", "aeron")
	if _, err := os.Stat(filepath.Join(include, "aeronmd.h")); err == nil {
		fresh := moduleRoot(t)
		require.NoError(t, run(include, fresh))
		requireSame(t, committed, written(t, fresh))
	}
}

// requireSame compares line by line: the files are too long to be shown whole.
func requireSame(t *testing.T, committed, fresh map[string]string) {
	t.Helper()
	for _, name := range generated {
		want, got := strings.Split(fresh[name], "\n"), strings.Split(committed[name], "\n")
		for i := range min(len(want), len(got)) {
			require.Equal(t, want[i], got[i], "%s line %d: run go generate ./cgo", name, i+1)
		}
		require.Equal(t, strings.Count(fresh[name], "\n"), strings.Count(committed[name], "\n"), "%s: run go generate ./cgo", name)
	}
}

// What a new version of Aeron brings must be described before it is generated.
func TestMeanings_describeEverySettingOfTheDriver(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "aeronc", "driver_config_gen.go"))
	require.NoError(t, err)
	require.NotContains(t, string(text), "is the setting of this name")
	seen := map[string]bool{}
	for _, m := range meanings {
		require.False(t, seen[m.name], "%s twice", m.name)
		seen[m.name] = true
		require.NotEmpty(t, m.text, m.name)
		require.LessOrEqual(t, m.low, m.high, m.name)
		require.Contains(t, string(text), "_set_"+m.name+"\n", "the headers know %s no longer", m.name)
	}
}
