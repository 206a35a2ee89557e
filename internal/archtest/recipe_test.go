package archtest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/nativelib"
)

// The Go side is compiled only with a library of its own recipe: cgo/native_recipe.h names it, so it must follow vendor-c. An installation in
// a checkout sees to that, and would also hide that the file was left out of a commit.
func TestRecipe_isWhatTheGoSideIsCompiledWith(t *testing.T) {
	const root, header = "../..", "cgo/native_recipe.h"
	recipe, err := nativelib.ReadRecipe(nativelib.Module{Root: root})
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, header))
	require.NoError(t, err)
	require.Contains(t, string(text), "\n#define AERONGO_RECIPE "+recipe.Number()+"\n", "%s is not of this recipe: run make native, and commit it", header)

	if _, err := os.Stat(filepath.Join(root, ".git")); errors.Is(err, fs.ErrNotExist) {
		return // no checkout: nothing is committed here
	}
	needGit(t)
	if git(t, root, "status", "--porcelain", "--", "CMakeLists.txt", "vendor-c") == "" {
		require.Empty(t, git(t, root, "status", "--porcelain", "--", header), "the recipe was committed without %s: commit it as well", header)
	}
}
