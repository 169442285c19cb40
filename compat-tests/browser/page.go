package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
)

// View says what a page is looked at with.
type View struct {
	Width, Height int
	Phone         bool // a telephone: touch, and the width that the page asks for
	Dark          bool // the reader likes it dark
}

// Page is one page in the browser.
type Page struct {
	b       *Browser
	session string

	mu       sync.Mutex
	said     []string
	requests []string
}

// Open opens a page and waits until it is loaded.
func (b *Browser) Open(ctx context.Context, url string, v View) (*Page, error) {
	var target struct{ TargetID string }
	if err := b.do(ctx, "", "Target.createTarget", map[string]any{"url": "about:blank"}, &target); err != nil {
		return nil, err
	}
	var attached struct{ SessionID string }
	if err := b.do(ctx, "", "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached); err != nil {
		return nil, err
	}
	p := &Page{b: b, session: attached.SessionID}
	b.mu.Lock()
	b.pages[p.session] = p
	b.mu.Unlock()
	scheme := "light"
	if v.Dark {
		scheme = "dark"
	}
	for _, o := range []struct {
		method string
		params map[string]any
	}{
		{"Runtime.enable", nil}, {"Log.enable", nil}, {"Network.enable", nil}, {"Page.enable", nil},
		{"Emulation.setDeviceMetricsOverride", map[string]any{"width": v.Width, "height": v.Height, "deviceScaleFactor": 1, "mobile": v.Phone}},
		{"Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}},
		{"Page.navigate", map[string]any{"url": url}},
	} {
		if err := b.do(ctx, p.session, o.method, o.params, nil); err != nil {
			return nil, err
		}
	}
	return p, p.Wait(ctx, `document.readyState === "complete"`)
}

// note writes down what happens in the page.
func (p *Page) note(a answer) {
	var e struct {
		Type  string
		Args  []struct{ Value, Description any }
		Entry struct{ Level, Text, URL string }
		// Of an exception that nobody has caught.
		ExceptionDetails struct {
			Text      string
			Exception struct{ Description string }
		}
		Request struct{ URL string }
	}
	if json.Unmarshal(a.Params, &e) != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch a.Method {
	case "Runtime.consoleAPICalled":
		p.said = append(p.said, fmt.Sprintf("%s: %v", e.Type, e.Args))
	case "Runtime.exceptionThrown":
		p.said = append(p.said, "exception: "+e.ExceptionDetails.Text+" "+e.ExceptionDetails.Exception.Description)
	case "Log.entryAdded":
		p.said = append(p.said, e.Entry.Level+": "+e.Entry.Text+" "+e.Entry.URL)
	case "Network.requestWillBeSent":
		p.requests = append(p.requests, e.Request.URL)
	}
}

// Said is what the page and the browser about it have logged: errors, warnings,
// what the page may not do.
func (p *Page) Said() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.said)
}

// Requests are the addresses that the page has asked for.
func (p *Page) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// Eval evaluates an expression in the page and gives its value as JSON decodes it.
func (p *Page) Eval(ctx context.Context, expression string) (any, error) {
	var r struct {
		Result           struct{ Value any }
		ExceptionDetails *struct {
			Exception struct{ Description string }
		}
	}
	err := p.b.do(ctx, p.session, "Runtime.evaluate", map[string]any{
		"expression": expression, "returnByValue": true, "awaitPromise": true,
	}, &r)
	if err == nil && r.ExceptionDetails != nil {
		err = fmt.Errorf("%s: %s", expression, r.ExceptionDetails.Exception.Description)
	}
	return r.Result.Value, err
}

// Wait waits until an expression is true, looking at it when the page changes.
func (p *Page) Wait(ctx context.Context, condition string) error {
	_, err := p.Eval(ctx, `new Promise((done) => {
		const holds = () => { try { return `+condition+`; } catch { return false; } };
		if (holds()) return done(true);
		const look = () => { if (holds()) { watch.disconnect(); done(true); } };
		const watch = new MutationObserver(look);
		watch.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
		addEventListener("load", look);
		document.addEventListener("readystatechange", look);
	})`)
	if err != nil {
		return fmt.Errorf("wait for %s: %w", condition, err)
	}
	return nil
}

// Photograph takes a picture of the whole page, as PNG.
func (p *Page) Photograph(ctx context.Context) ([]byte, error) {
	var r struct{ Data []byte }
	err := p.b.do(ctx, p.session, "Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true}, &r)
	return r.Data, err
}
