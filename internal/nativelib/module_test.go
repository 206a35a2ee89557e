package nativelib_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/nativelib"
	"github.com/aeroncgo/aeron/internal/nativelib/nativetest"
)

func TestFindModule_fromBelowTheCheckout(t *testing.T) {
	m := nativetest.New(t)
	below := filepath.Join(m.Root, "vendor-c", "shim")
	module, err := nativelib.FindModule(t.Context(), below)
	require.NoError(t, err)
	require.Equal(t, nativelib.Module{Root: m.Root, Checkout: true}, module)
}

func TestFindModule_throughReplaceIsNoCheckout(t *testing.T) {
	m := nativetest.New(t)
	user := filepath.Join(m.Home, "user")
	m.Write(filepath.Join(user, "go.mod"), "module example.com/user\n\ngo 1.26\n\nrequire "+nativelib.ModulePath+" v0.0.0\n\nreplace "+nativelib.ModulePath+" => ../checkout\n")
	module, err := nativelib.FindModule(t.Context(), user)
	require.NoError(t, err)
	require.Equal(t, nativelib.Module{Root: m.Root}, module)
}

func TestFindModule_anotherModuleInACheckoutIsNone(t *testing.T) {
	m := nativetest.New(t)
	inner := filepath.Join(m.Root, "tools")
	m.Write(filepath.Join(inner, "go.mod"), "module example.com/tools\n\ngo 1.26\n")
	_, err := nativelib.FindModule(t.Context(), inner)
	require.ErrorIs(t, err, nativelib.ErrNoModule)
	m.Write(filepath.Join(inner, "go.mod"), "module example.com/tools\n\ngo 1.26\n\nrequire "+nativelib.ModulePath+" v0.0.0\n\nreplace "+nativelib.ModulePath+" => ..\n")
	module, err := nativelib.FindModule(t.Context(), inner)
	require.NoError(t, err)
	require.Equal(t, nativelib.Module{Root: m.Root}, module)
}

func TestFindModule_requiredButNotDownloaded(t *testing.T) {
	m := nativetest.New(t)
	t.Setenv("GOMODCACHE", filepath.Join(m.Home, "modcache"))
	user := filepath.Join(m.Home, "user")
	m.Write(filepath.Join(user, "go.mod"), "module example.com/user\n\ngo 1.26\n\nrequire "+nativelib.ModulePath+" v0.9.0\n")
	_, err := nativelib.FindModule(t.Context(), user)
	require.ErrorIs(t, err, nativelib.ErrNoModule)
	require.ErrorContains(t, err, filepath.Join(user, "go.mod")+" requires "+nativelib.ModulePath)
	require.ErrorContains(t, err, "go mod download "+nativelib.ModulePath)
}

func TestFindModule_elsewhereSaysWhatToDo(t *testing.T) {
	m := nativetest.New(t)
	elsewhere := t.TempDir()
	_, err := nativelib.FindModule(t.Context(), elsewhere)
	require.ErrorIs(t, err, nativelib.ErrNoModule)
	require.ErrorContains(t, err, "go get "+nativelib.ModulePath)

	m.RemoveTool("go")
	_, err = nativelib.FindModule(t.Context(), elsewhere)
	require.ErrorIs(t, err, nativelib.ErrTool)
	require.ErrorContains(t, err, "install Go 1.26")
}

func TestFindModule_copyThatIsNotWhole(t *testing.T) {
	m := nativetest.New(t)
	require.NoError(t, os.Remove(filepath.Join(m.Root, "vendor-c", "SOURCE.sha256")))
	_, err := nativelib.FindModule(t.Context(), m.Root)
	require.ErrorIs(t, err, nativelib.ErrNoModule)
	require.ErrorContains(t, err, "is not whole")
}

func TestSupported_saysWhyInOneSentence(t *testing.T) {
	require.NoError(t, nativelib.SupportedOn("linux"))
	require.NoError(t, nativelib.SupportedOn("darwin"))
	err := nativelib.SupportedOn("windows")
	require.ErrorIs(t, err, nativelib.ErrUnsupported)
	require.ErrorContains(t, err, "cannot be built on windows")
	require.NotContains(t, err.Error(), "\n")
}
