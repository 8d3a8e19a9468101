using Npgsql;

namespace Cluster.Journal.Inspection;

/// <summary>Where a journal is: one of the two is set.</summary>
/// <param name="File">The path of a SQLite file.</param>
/// <param name="ConnectionString">How to connect to PostgreSQL.</param>
internal sealed record JournalPlace(string? File, string? ConnectionString)
{
    private const string SqlitePrefix = "sqlite:";

    /// <summary>Reads a place as people write it.</summary>
    /// <param name="text">
    /// sqlite:FILE, the path of a file, postgres://USER:PASSWORD@HOST:PORT/DATABASE, or a connection string of Npgsql.
    /// </param>
    /// <exception cref="ArgumentException">
    /// It is none of these. The message repeats no value: it may be a password.
    /// </exception>
    public static JournalPlace Parse(string text)
    {
        if (text.StartsWith(SqlitePrefix, StringComparison.Ordinal))
        {
            return text.Length > SqlitePrefix.Length
                ? OfFile(text[SqlitePrefix.Length..])
                : throw new ArgumentException("sqlite: has to be followed by the path of a file");
        }

        var isPostgreSql = text.Contains("://", StringComparison.Ordinal)
            || (text.Contains('=', StringComparison.Ordinal) && !System.IO.File.Exists(text));
        return isPostgreSql ? new JournalPlace(null, PostgreSqlSetting.Read(text)) : OfFile(text);
    }

    /// <summary>The journal in a SQLite file.</summary>
    public static JournalPlace OfFile(string path) => new(Path.GetFullPath(path), null);

    /// <summary>The place in words, without a password.</summary>
    public override string ToString()
    {
        if (File is not null) return $"sqlite {File}";
        var builder = new NpgsqlConnectionStringBuilder(ConnectionString);
        return $"postgresql {PostgreSqlSetting.PlaceOf(builder)}/{builder.Database}";
    }
}
