package check

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	ora "github.com/sijms/go-ora/v2"
)

// newOracle is service=oracle; database is a SID.
func newOracle(t Target, env Env) (Check, error) {
	return &sqlCheck{target: t, dial: env.dial(), rows: oracleRows}, nil
}

// oracleDialer opens the connections of one check: the first to the server, what
// the server redirects to as it says.
type oracleDialer struct {
	ctx   context.Context
	dial  Dial
	dones []func()
}

// DialContext implements the library's interface.
func (d *oracleDialer) DialContext(_ context.Context, network, address string) (net.Conn, error) {
	if len(d.dones) > maxRedirects {
		return nil, errors.New("too many redirects")
	}
	conn, done, err := open(d.ctx, d.dial, network, address)
	if err != nil {
		return nil, err
	}
	d.dones = append(d.dones, done)
	return &listener{Conn: conn}, nil
}

func (d *oracleDialer) close() {
	for _, done := range d.dones {
		done()
	}
}

func oracleRows(ctx context.Context, t Target, dial Dial, statement string) (rows int64, err error) {
	url := ora.BuildUrl(t.Addr.String(), int(t.Port), "", t.Login, string(t.Passwd), map[string]string{
		"SID": t.Database,
		// The library asks for the time else, to know where the server is.
		"SERVER LOCATION": "UTC",
	})
	connector, ok := ora.NewConnector(url).(*ora.OracleConnector)
	if !ok {
		return 0, errors.New("the library has changed")
	}
	dialer := &oracleDialer{ctx: ctx, dial: dial}
	// The library undoes the deadline of a connection; the end of the context
	// closes it all the same. It must not see the context itself: what it does at
	// its end, in a goroutine of its own, races with the check and can panic there.
	defer dialer.close()
	ctx = context.WithoutCancel(ctx)
	connector.Dialer(dialer)
	conn, err := connector.Connect(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if !isQuery(statement) {
		result, err := conn.(driver.ExecerContext).ExecContext(ctx, statement, nil)
		if err != nil {
			return 0, err
		}
		return result.RowsAffected()
	}
	answer, err := conn.(driver.QueryerContext).QueryContext(ctx, statement, nil)
	if err != nil {
		return 0, err
	}
	// As with the original the first row is fetched and counts.
	if err = answer.Next(make([]driver.Value, len(answer.Columns()))); err == nil {
		rows = 1
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return rows, errors.Join(err, answer.Close())
}

// isQuery says whether a statement returns rows; the library wants to know.
func isQuery(statement string) bool {
	word, _, _ := strings.Cut(strings.TrimLeft(statement, " \t\r\n("), " ")
	return strings.EqualFold(word, "select") || strings.EqualFold(word, "with")
}
