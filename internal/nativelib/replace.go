package nativelib

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// old is where the library goes that is being replaced; each variant has its own.
func (l Layout) old() string {
	if l.ASan {
		return l.staging + "-old-asan"
	}
	return l.staging + "-old"
}

// replaceable says, before minutes of building, whether a library can take the prefix's place.
func replaceable(ctx context.Context, l Layout) error {
	if !exists(l.Prefix) {
		return nil
	}
	if !l.owned {
		name, err := foreign(ctx, l)
		if err != nil || name != "" {
			return &Problem{
				Kind: ErrPrefix, What: fmt.Sprintf("the prefix %s holds files that no installation of this library put there (%s)", l.Prefix, name),
				Remedy: "name an empty directory with --prefix", Err: err,
			}
		}
	}
	// There and back, as the end of the installation does it.
	err := errors.Join(os.MkdirAll(filepath.Dir(l.old()), 0o755), os.RemoveAll(l.old()))
	if err == nil {
		if err = os.Rename(l.Prefix, l.old()); err == nil {
			err = os.Rename(l.old(), l.Prefix)
		}
	}
	if err == nil {
		return nil
	}
	remedy := "see to the permissions of " + filepath.Dir(l.Prefix) + ", or name another place with --prefix"
	if errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EXDEV) {
		remedy = fmt.Sprintf("it is a mount point: name a directory in it, such as --prefix %s", filepath.Join(l.Prefix, "aeron"))
	}
	return &Problem{Kind: ErrPrefix, What: fmt.Sprintf("the prefix %s cannot be replaced", l.Prefix), Remedy: remedy, Err: err}
}

// replace puts the staging directory in the prefix's place. Between its renames there is no prefix, never half of one.
func replace(l Layout) error {
	if err := errors.Join(os.RemoveAll(l.old()), os.MkdirAll(filepath.Dir(l.Prefix), 0o755)); err != nil {
		return err
	}
	if exists(l.Prefix) {
		if err := os.Rename(l.Prefix, l.old()); err != nil {
			return err
		}
		// The ASan variant lives below the release's prefix and has nothing to do with this.
		if kept := filepath.Join(l.old(), "asan"); !l.ASan && exists(kept) {
			if err := os.Rename(kept, filepath.Join(l.staging, "asan")); err != nil {
				return errors.Join(err, restore(l))
			}
		}
	}
	if err := os.Rename(l.staging, l.Prefix); err != nil {
		return errors.Join(err, restore(l))
	}
	return os.RemoveAll(l.old())
}

// restore undoes a replacement that was interrupted between its renames: the ASan variant would be lost with what was to be replaced.
func restore(l Layout) error {
	l = l.release()
	if !exists(l.old()) || exists(l.Prefix) {
		return nil
	}
	moved, place := filepath.Join(l.staging, "asan"), filepath.Join(l.old(), "asan")
	if exists(moved) && !exists(place) {
		if err := os.Rename(moved, place); err != nil {
			return err
		}
	}
	return os.Rename(l.old(), l.Prefix)
}
