package check

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"

	"github.com/go-sql-driver/mysql"
)

// newMySQL is service=mysql: whatever way to log in the server asks for, without
// TLS, and never the one that old servers had before MySQL 4.1.
func newMySQL(t Target, env Env) (Check, error) {
	return &sqlCheck{target: t, dial: env.dial(), rows: mysqlRows}, nil
}

// mysqlRows talks below database/sql: a pool has no place in a check.
func mysqlRows(ctx context.Context, t Target, dial Dial, statement string) (rows int64, err error) {
	cfg := mysql.NewConfig()
	cfg.User, cfg.Passwd, cfg.DBName = t.Login, string(t.Passwd), t.sqlDatabase()
	cfg.Net, cfg.Addr = "tcp", t.hostPort()
	cfg.ClientFoundRows = true // as DBD::mysql counts
	cfg.Logger = &mysql.NopLogger{}
	var release func()
	cfg.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, done, err := open(ctx, dial, network, address)
		release = done
		return conn, err
	}
	defer func() {
		if release != nil {
			release()
		}
	}()
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return 0, err
	}
	conn, err := connector.Connect(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	count, columns, err := mysqlCount(ctx, conn, statement)
	if err != nil || columns > 0 {
		return count, err
	}
	// The statement returned no set of rows: it has changed some, or none.
	return mysqlChanged(ctx, conn)
}

// mysqlCount runs a statement and counts the rows of its answer.
func mysqlCount(ctx context.Context, conn driver.Conn, statement string) (rows int64, columns int, err error) {
	answer, err := conn.(driver.QueryerContext).QueryContext(ctx, statement, nil)
	if err != nil {
		return 0, 0, err
	}
	columns = len(answer.Columns())
	values := make([]driver.Value, columns)
	for columns > 0 && err == nil {
		if err = answer.Next(values); err == nil {
			rows++
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return rows, columns, errors.Join(err, answer.Close())
}

// mysqlChanged asks how many rows the last statement changed.
func mysqlChanged(ctx context.Context, conn driver.Conn) (rows int64, err error) {
	const question = "SELECT ROW_COUNT()"
	answer, err := conn.(driver.QueryerContext).QueryContext(ctx, question, nil)
	if err != nil {
		return 0, err
	}
	values := make([]driver.Value, len(answer.Columns()))
	if err = answer.Next(values); err == nil && len(values) == 1 {
		rows, err = strconv.ParseInt(asText(values[0]), 10, 64)
	}
	return rows, errors.Join(err, answer.Close())
}

// asText is a value of a text result.
func asText(v driver.Value) string {
	if b, ok := v.([]byte); ok {
		return string(b)
	}
	return fmt.Sprint(v)
}
