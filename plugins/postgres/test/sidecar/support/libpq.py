"""What an application does with libpq through the sidecar: prints what it saw as JSON. Arguments: a connection string."""
import hashlib, json, sys, threading
import psycopg

dsn = sys.argv[1]
seen = {}
with psycopg.connect(dsn, autocommit=True) as conn:
    seen["user"] = conn.execute("select current_user").fetchone()[0]
    seen["protocol"] = conn.pgconn.full_protocol_version if hasattr(conn.pgconn, "full_protocol_version") else None

    # Prepared statements and session state stay, as nothing is pooled.
    conn.execute("set search_path to pg_catalog")
    for count in range(8):
        conn.execute("select %s::int", (count,), prepare=True)
    seen["search_path"] = conn.execute("show search_path").fetchone()[0]

    # COPY both ways.
    conn.execute("create temporary table t (id int, text text)")
    sent, back = hashlib.sha256(), hashlib.sha256()
    with conn.cursor() as cursor:
        with cursor.copy("copy t from stdin") as copy:
            for number in range(20_000):
                line = f"{number}\t{'x' * (number % 97)}\n".encode()
                sent.update(line)
                copy.write(line)
        with cursor.copy("copy (select * from t order by id) to stdout") as copy:
            for chunk in copy:
                back.update(chunk)
    seen["copied"] = sent.hexdigest() == back.hexdigest()

    # Many statements before the first answer.
    with conn.pipeline():
        cursors = [conn.execute("select %s::int", (number,)) for number in range(200)]
        seen["pipelined"] = [one.fetchone()[0] for one in cursors] == list(range(200))

    # LISTEN here, NOTIFY from another session.
    conn.execute("listen news")
    with psycopg.connect(dsn, autocommit=True) as other:
        other.execute("notify news, 'hello'")
    seen["notified"] = next(conn.notifies(timeout=10)).payload

    # A query that runs is cancelled from outside.
    timer = threading.Timer(0.2, conn.cancel_safe)
    timer.start()
    try:
        conn.execute("select pg_sleep(30)")
        seen["cancelled"] = None
    except psycopg.errors.QueryCanceled as error:
        seen["cancelled"] = error.sqlstate
    seen["alive"] = conn.execute("select 1").fetchone()[0]

# A row that is larger than any buffer.
with psycopg.connect(dsn) as conn:
    seen["row"] = len(conn.execute("select repeat('x', 20000000)").fetchone()[0])
print(json.dumps(seen))
