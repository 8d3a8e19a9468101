namespace Cluster.Journal.Inspection;

/// <summary>A column of a table in PostgreSQL.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The name of its type.</param>
/// <param name="IsKey">Whether it belongs to the primary key.</param>
internal sealed record TableColumn(string Name, string Type, bool IsKey)
{
    /// <summary>The type of a column in SQLite that holds the same values.</summary>
    public string SqliteType => Type switch
    {
        "smallint" or "integer" or "bigint" or "boolean" => "INTEGER",
        "bytea" => "BLOB",
        _ => "TEXT",
    };
}
