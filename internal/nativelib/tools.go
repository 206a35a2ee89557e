package nativelib

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// State is what a check found.
type State string

// The states.
const (
	OK        State = "ok"
	Missing   State = "missing"
	TooOld    State = "too old"
	Broken    State = "does not work"
	NotNeeded State = "not needed"
)

// Tool is a program that the build needs.
type Tool struct {
	Name     string   `json:"name"`
	State    State    `json:"state"`
	Version  string   `json:"version,omitempty"`
	Minimum  string   `json:"minimum,omitempty"`
	Path     string   `json:"path,omitempty"`
	Packages []string `json:"packages,omitempty"` // Debian's, that have it
	Remedy   string   `json:"remedy,omitempty"`   // what to do, when State is not OK
	Always   bool     `json:"-"`                  // needed by every go build, not only to build the library
}

// Tools is what a check of the machine found.
type Tools struct {
	List      []Tool
	Compiler  string // the first line of the C compiler's --version
	Generator string // what cmake's -G is told
}

// The oldest that will do. CMake: what CMakeLists.txt asks for. Cargo: the first that speaks the registry's sparse protocol unasked.
const (
	minCMake = "3.22"
	minCargo = "1.70"
	minGo    = "1.26"
)

// CheckTools looks for every program the build needs and asks it for its version. With haveSource, cargo is not needed.
func CheckTools(ctx context.Context, settings Settings, haveSource bool) Tools {
	var t Tools
	compiler := checkCompiler(ctx, settings.CC)
	if compiler.State == OK {
		t.Compiler = compiler.Version
	}
	cmake := checkVersion(ctx, "cmake", minCMake, []string{"cmake"}, "--version")
	maker := checkVersion(ctx, "ninja", "", []string{"ninja-build"}, "--version")
	t.Generator = "Ninja"
	if maker.State != OK {
		if make := checkVersion(ctx, "make", "", []string{"make"}, "--version"); make.State == OK {
			maker, t.Generator = make, "Unix Makefiles"
		} else {
			maker.Name = "ninja or make"
			maker.Remedy = "install ninja or make" + debianPackage("ninja-build")
		}
	}
	cargo := checkVersion(ctx, "cargo", minCargo, []string{cargoPackage("/etc/os-release")}, "--version")
	if haveSource {
		cargo.State, cargo.Remedy = NotNeeded, ""
	} else if cargo.State != OK {
		cargo.Remedy += ", " + noCargoRemedy
	}
	goTool := checkVersion(ctx, "go", minGo, nil, "env", "GOVERSION")
	goTool.Always = true
	if goTool.State != OK {
		goTool.Remedy = "install Go " + minGo + " or newer from Go's own site (Debian 12's is too old)"
	}
	t.List = []Tool{compiler, cmake, maker, cargo, goTool}
	return t
}

// Problems is one error about everything that is missing, or nil. Without building, only what every go build needs counts.
func (t Tools) Problems(building bool) error {
	var what, remedies []string
	for _, tool := range t.List {
		if tool.State == OK || tool.State == NotNeeded || (!building && !tool.Always) {
			continue
		}
		text := fmt.Sprintf("%s is %s", tool.Name, tool.State)
		switch {
		case tool.State == Broken:
			text = fmt.Sprintf("%s %s", tool.Name, tool.State)
		case tool.State == TooOld:
			text += fmt.Sprintf(" (%s; %s or newer is needed)", tool.Version, tool.Minimum)
		}
		what, remedies = append(what, text), append(remedies, tool.Remedy)
	}
	if what == nil {
		return nil
	}
	return &Problem{Kind: ErrTool, What: strings.Join(what, ", "), Remedy: strings.Join(remedies, "; ")}
}

// MissingPackages are the Debian packages that would bring what is missing.
func (t Tools) MissingPackages() []string {
	var names []string
	for _, tool := range t.List {
		if tool.State != OK && tool.State != NotNeeded {
			names = append(names, tool.Packages...)
		}
		if tool.Name == "cargo" && tool.State != OK && tool.State != NotNeeded {
			// A bare Debian has no certificates, and cargo's package only recommends them.
			names = append(names, "ca-certificates")
		}
	}
	return names
}

// checkCompiler also compiles a line: a compiler without libc's headers answers --version just as well.
func checkCompiler(ctx context.Context, cc string) Tool {
	t := Tool{Name: "C compiler", Packages: []string{"gcc", "libc6-dev"}, Always: true}
	words, err := splitFlags(cc)
	if err != nil || len(words) == 0 {
		t.State, t.Remedy = Broken, fmt.Sprintf("CC is %q: set it to a command such as gcc", cc)
		return t
	}
	remedy := "install a C compiler" + debianPackage("gcc libc6-dev")
	if name := filepath.Base(words[0]); name != "gcc" && name != "cc" {
		// Another one was asked for: gcc's package would not bring it.
		t.Packages = nil
		if strings.HasPrefix(name, "clang") {
			t.Packages = []string{name, "libc6-dev"}
		}
		remedy = fmt.Sprintf("install %s, which CC names%s, or unset CC (`go env -u CC` if it is stored)", words[0], debianPackage(strings.Join(t.Packages, " ")))
	}
	if t.Path, err = exec.LookPath(words[0]); err != nil {
		t.State, t.Remedy = Missing, remedy
		return t
	}
	text, err := (command{}).run(ctx, words[0], append(words[1:], "--version")...)
	if err != nil {
		t.State, t.Remedy = Broken, remedy+": "+err.Error()
		return t
	}
	t.Version, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	probe, err := os.CreateTemp("", "aeron-native-*.c")
	if err == nil {
		defer os.Remove(probe.Name())
		_, err = probe.WriteString("#include <stdio.h>\n#include <pthread.h>\nint main(void) { return 0; }\n")
		if closeErr := probe.Close(); err == nil {
			err = closeErr
		}
	}
	if err == nil {
		_, err = (command{}).run(ctx, words[0], append(words[1:], "-fsyntax-only", probe.Name())...)
	}
	if err != nil {
		t.State, t.Remedy = Broken, "it cannot compile a program that includes <stdio.h>: install libc's headers"+debianPackage("libc6-dev")+": "+err.Error()
		return t
	}
	t.State = OK
	return t
}

var versionNumber = regexp.MustCompile(`\d+(\.\d+)+`)

func checkVersion(ctx context.Context, name, minimum string, packages []string, args ...string) Tool {
	t := Tool{Name: name, Minimum: minimum, Packages: packages}
	remedy := "install " + name
	if minimum != "" {
		remedy += " " + minimum + " or newer"
	}
	remedy += debianPackage(strings.Join(packages, " "))
	var err error
	if t.Path, err = exec.LookPath(name); err != nil {
		t.State, t.Remedy = Missing, remedy
		return t
	}
	text, err := (command{}).run(ctx, name, args...)
	if err != nil {
		t.State, t.Remedy = Broken, remedy+": "+err.Error()
		return t
	}
	t.Version = versionNumber.FindString(text)
	switch {
	case t.Version == "" && minimum != "":
		t.State, t.Remedy = Broken, fmt.Sprintf("%s: it answered %q, which names no version", remedy, strings.TrimSpace(text))
	case minimum != "" && olderThan(t.Version, minimum):
		t.State, t.Remedy = TooOld, remedy
	default:
		t.State = OK
	}
	return t
}

// olderThan compares dotted numbers.
func olderThan(version, minimum string) bool {
	have, want := strings.Split(version, "."), strings.Split(minimum, ".")
	for i := range want {
		w, _ := strconv.Atoi(want[i])
		h := 0
		if i < len(have) {
			h, _ = strconv.Atoi(have[i])
		}
		if h != w {
			return h < w
		}
	}
	return false
}

func debianPackage(names string) string {
	if names == "" {
		return ""
	}
	return " (Debian: apt-get install " + names + ")"
}

// cargoPackage is the Debian package with a cargo that is new enough: Debian 12's own is not, cargo-web is.
func cargoPackage(osRelease string) string {
	text, err := os.ReadFile(osRelease)
	if err != nil {
		return "cargo"
	}
	fields := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			fields[key] = strings.Trim(value, `"'`)
		}
	}
	if fields["ID"] == "debian" && fields["VERSION_ID"] == "12" {
		return "cargo-web"
	}
	return "cargo"
}
