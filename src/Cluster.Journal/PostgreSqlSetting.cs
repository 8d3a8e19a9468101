using System.Net;
using Npgsql;

namespace Cluster.Journal;

/// <summary>Reads the setting of a journal in PostgreSQL, as the node and the tool take it.</summary>
internal static class PostgreSqlSetting
{
    private const string SessionAttributes = "Target Session Attributes";
    private const int DefaultPort = 5432;
    private const string WrongPort = "the port is not a number from 1 to 65535";

    /// <summary>The servers of a connection, each with its port: "a:5432,b:5433".</summary>
    public static string PlaceOf(NpgsqlConnectionStringBuilder connection) => string.Join(',', Hosts(connection)
        .Select(host => HasPort(host) ? host : $"{host}:{connection.Port}"));

    /// <summary>The connection string of a setting.</summary>
    /// <param name="journal">postgres://USER:PASSWORD@HOST:PORT/DATABASE, or a connection string of Npgsql.</param>
    /// <exception cref="ArgumentException">It is neither. The message repeats no value: it may be a password.</exception>
    public static string Read(string journal)
    {
        var builder = journal.Contains("://", StringComparison.Ordinal)
            ? OfUrl(journal)
            : OfPairs(journal);
        if (string.IsNullOrEmpty(builder.Host)) throw new ArgumentException("the host is missing");
        // The server would use the user's name instead, and most likely find no such database.
        if (string.IsNullOrEmpty(builder.Database)) throw new ArgumentException("the database is missing");
        if (builder.Port > IPEndPoint.MaxPort) throw new ArgumentException(WrongPort);
        // Of several servers only the primary takes writes. Npgsql would take the first one that answers.
        if (Hosts(builder).Length > 1 && builder.TargetSessionAttributes is null)
            builder.TargetSessionAttributes = "primary";
        return builder.ConnectionString;
    }

    // The messages of Npgsql do not explain the mistake, and may repeat a password.
    private static NpgsqlConnectionStringBuilder OfPairs(string journal)
    {
        if (!journal.Contains('=', StringComparison.Ordinal))
            throw new ArgumentException("it begins with none of these");
        try
        {
            return new NpgsqlConnectionStringBuilder(journal);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException
            or OverflowException)
        {
            throw new ArgumentException(
                "it is no connection string of Npgsql either, such as Host=h;Username=u;Database=d", exception);
        }
    }

    private static NpgsqlConnectionStringBuilder OfUrl(string journal)
    {
        var start = journal.IndexOf("://", StringComparison.Ordinal);
        if (journal[..start] is not ("postgres" or "postgresql"))
            throw new ArgumentException("the scheme is not postgres");
        // Uri does not tell these errors apart. No value is repeated: what looks like a port may belong to a password.
        var authority = journal[(start + 3)..].Split('/', '?', '#')[0];
        var hosts = authority[(authority.LastIndexOf('@') + 1)..];
        var places = hosts.Split(',');
        foreach (var place in places) CheckPlace(place);
        // Uri knows one host, so the others are taken from the text.
        var first = journal.Remove(start + 3 + authority.Length - hosts.Length, hosts.Length)
            .Insert(start + 3 + authority.Length - hosts.Length, places[0]);
        if (!Uri.TryCreate(first, UriKind.Absolute, out var uri)) throw new ArgumentException("it is not a URL");
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = places.Length == 1 ? Uri.UnescapeDataString(uri.Host) : string.Join(',', places.Select(WithPort)),
            Port = places.Length > 1 || uri.IsDefaultPort || uri.Port < 0 ? DefaultPort : uri.Port,
            Database = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/')),
        };
        var user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0) builder.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1) builder.Password = Uri.UnescapeDataString(user[1]);
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
            Set(builder, pair);
        return builder;
    }

    private static string[] Hosts(NpgsqlConnectionStringBuilder builder) => builder.Host?.Split(',') ?? [];

    private static bool HasPort(string place) => place.LastIndexOf(':') is var last && last > place.LastIndexOf(']')
        && place.IndexOf(':', StringComparison.Ordinal) is var first && (first == last || place.StartsWith('['));

    private static string WithPort(string place) =>
        HasPort(place) ? Uri.UnescapeDataString(place) : $"{Uri.UnescapeDataString(place)}:{DefaultPort}";

    private static void CheckPlace(string place)
    {
        var colon = HasPort(place) ? place.LastIndexOf(':') : place.Length;
        if (colon == 0) throw new ArgumentException("the host is missing");
        if (colon < place.Length && !(ushort.TryParse(place.AsSpan(colon + 1), out var port) && port > 0))
            throw new ArgumentException(WrongPort);
    }

    // No value is repeated: it may be a password.
    private static void Set(NpgsqlConnectionStringBuilder builder, string pair)
    {
        var equals = pair.IndexOf('=', StringComparison.Ordinal);
        var name = Uri.UnescapeDataString(equals < 0 ? pair : pair[..equals]).Replace('_', ' ');
        if (name == "target session attrs") name = SessionAttributes; // the name of libpq
        if (!builder.ContainsKey(name))
            throw new ArgumentException($"'{name}' in its query is no setting of a connection of Npgsql");
        try
        {
            builder[name] = equals < 0 ? "" : Uri.UnescapeDataString(pair[(equals + 1)..]);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException
            or OverflowException)
        {
            throw new ArgumentException($"'{name}' in its query cannot have that value", exception);
        }
    }
}
