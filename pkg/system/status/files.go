package status

import (
	"embed"
	"io/fs"
	"path"
)

// shared are the pieces that every page uses.
//
//go:embed page/status.css page/status.js
var shared embed.FS

// file is one file of a page.
type file struct {
	kind    string
	content []byte
}

// kinds are the only ones that are served.
var kinds = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
}

// readFiles returns the files of a page by their paths in a URL. A request never
// reaches a file system.
func readFiles(page fs.FS) map[string]file {
	files := make(map[string]file)
	if page == nil {
		return files
	}
	add := func(from fs.FS) {
		_ = fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
			kind, ok := kinds[path.Ext(name)]
			if err != nil || d.IsDir() || !ok {
				return nil
			}
			content, err := fs.ReadFile(from, name)
			if err == nil {
				files["/"+path.Base(name)] = file{kind: kind, content: content}
			}
			return nil
		})
	}
	add(shared)
	add(page)
	if index, ok := files["/index.html"]; ok {
		files["/"] = index
	}
	return files
}
