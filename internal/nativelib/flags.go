package nativelib

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Flags are the two variables that a build outside the checkout needs.
type Flags struct {
	CFlags  string // CGO_CFLAGS
	LDFlags string // CGO_LDFLAGS
}

// idFlag carries the library's id into the go command's cache key: a new library, a new build.
const idFlag = "-DAERONGO_NATIVE_ID="

// MergeFlags adds what the library needs to flags that are there already, in the place of what an earlier call added. Everything else is kept, in
// its order.
func MergeFlags(old Flags, l Layout, m Manifest) (Flags, error) {
	cflags, err := splitFlags(old.CFlags)
	if err != nil {
		return Flags{}, &Problem{Kind: ErrFlags, What: fmt.Sprintf("CGO_CFLAGS holds %q", old.CFlags), Remedy: "correct or unset it", Err: err}
	}
	ldflags, err := splitFlags(old.LDFlags)
	if err != nil {
		return Flags{}, &Problem{Kind: ErrFlags, What: fmt.Sprintf("CGO_LDFLAGS holds %q", old.LDFlags), Remedy: "correct or unset it", Err: err}
	}
	earlier := map[string]bool{l.LibDir(): true}
	kept := make([]string, 0, len(cflags)+2)
	for _, flag := range cflags {
		if !strings.HasPrefix(flag, idFlag) {
			kept = append(kept, flag)
			continue
		}
		// The directory comes right before the id: that is how we know it for ours.
		if n := len(kept); n > 0 && strings.HasPrefix(kept[n-1], "-I") {
			include := strings.TrimPrefix(kept[n-1], "-I")
			earlier[filepath.Join(filepath.Dir(filepath.Dir(include)), "lib")] = true
			kept = kept[:n-1]
		}
	}
	kept = slices.DeleteFunc(kept, func(flag string) bool { return flag == "-I"+l.IncludeDir() })
	ldflags = slices.DeleteFunc(ldflags, func(flag string) bool {
		dir, ok := strings.CutPrefix(flag, "-L")
		return ok && (earlier[dir] || ownLibDir(dir))
	})
	kept = append(kept, "-I"+l.IncludeDir(), idFlag+`"`+m.ID+`"`)
	ldflags = append(ldflags, "-L"+l.LibDir())
	var merged Flags
	if merged.CFlags, err = joinFlags(kept); err == nil {
		merged.LDFlags, err = joinFlags(ldflags)
	}
	if err != nil {
		return Flags{}, &Problem{
			Kind: ErrFlags, What: "the library's path cannot be written in CGO_CFLAGS and CGO_LDFLAGS",
			Remedy: "install to a path without quotes and line breaks, with --prefix", Err: err,
		}
	}
	return merged, nil
}

// NameLibrary says whether flags name a library of ours, as MergeFlags adds it: the one of l, and any.
func (f Flags) NameLibrary(l Layout) (this, some bool) {
	words, err := splitFlags(f.CFlags)
	if err != nil {
		return false, false
	}
	for i, word := range words {
		if strings.HasPrefix(word, idFlag) {
			some = true
			this = this || (i > 0 && words[i-1] == "-I"+l.IncludeDir())
		}
	}
	return this, some
}

// ownLibDir says whether a linker directory is that of a library in our part of the user's cache.
func ownLibDir(dir string) bool {
	cache, err := cacheDir()
	return err == nil && strings.HasPrefix(dir, cache+string(filepath.Separator))
}

// CurrentFlags asks the go command what the variables hold: the environment's value, else what `go env -w` wrote, else Go's own default
// (-O2 -g), which setting the variable would lose. With written, the environment is left out.
func CurrentFlags(ctx context.Context, written bool) (Flags, error) {
	var without []string
	if written {
		without = []string{"CGO_CFLAGS", "CGO_LDFLAGS"}
	}
	vars, err := GoEnv(ctx, without, "CGO_CFLAGS", "CGO_LDFLAGS")
	if err != nil {
		return Flags{}, err
	}
	return Flags{CFlags: vars["CGO_CFLAGS"], LDFlags: vars["CGO_LDFLAGS"]}, nil
}

// WriteFlags stores flags with `go env -w`. It returns the names of variables of the environment that keep the go command from seeing them.
func WriteFlags(ctx context.Context, flags Flags) (shadowed []string, err error) {
	names := []string{"CGO_CFLAGS", "CGO_LDFLAGS"}
	_, err = command{env: environWithout(names...)}.run(ctx, "go", "env", "-w", "CGO_CFLAGS="+flags.CFlags, "CGO_LDFLAGS="+flags.LDFlags)
	if err != nil {
		return nil, &Problem{Kind: ErrFlags, What: "go env -w could not store the flags", Remedy: "export what `env` prints instead", Err: err}
	}
	for _, name := range names {
		if os.Getenv(name) != "" {
			shadowed = append(shadowed, name)
		}
	}
	return shadowed, nil
}

// splitFlags splits as the go command does: at white space, and a word that begins with a quote ends at the next one like it. There are no
// escapes.
func splitFlags(text string) ([]string, error) {
	var words []string
	const space = " \t\r\n"
	for {
		text = strings.TrimLeft(text, space)
		if text == "" {
			return words, nil
		}
		if quote := text[0]; quote == '\'' || quote == '"' {
			end := strings.IndexByte(text[1:], quote)
			if end < 0 {
				return nil, fmt.Errorf("a quoted word has no end: %s", text)
			}
			words, text = append(words, text[1:1+end]), text[end+2:]
			continue
		}
		end := strings.IndexAny(text, space)
		if end < 0 {
			end = len(text)
		}
		words, text = append(words, text[:end]), text[end:]
	}
}

// joinFlags is splitFlags' reverse.
func joinFlags(words []string) (string, error) {
	quoted := make([]string, len(words))
	for i, word := range words {
		switch {
		case strings.ContainsAny(word, "\r\n"):
			return "", fmt.Errorf("%q holds a line break", word)
		case word != "" && !strings.ContainsAny(word, " \t'\""):
			quoted[i] = word
		case !strings.Contains(word, "'"):
			quoted[i] = "'" + word + "'"
		case !strings.Contains(word, `"`):
			quoted[i] = `"` + word + `"`
		default:
			return "", fmt.Errorf("%s holds both kinds of quotes", word)
		}
	}
	return strings.Join(quoted, " "), nil
}

// ShellQuote makes one word of text for sh.
func ShellQuote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
