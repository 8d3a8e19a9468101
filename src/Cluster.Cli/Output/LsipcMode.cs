namespace Cluster.Cli.Output;

/// <summary>The form of lsipc's output.</summary>
internal enum LsipcMode
{
    /// <summary>A table.</summary>
    Table,

    /// <summary>--raw: words with a space between them.</summary>
    Raw,

    /// <summary>--export: NAME="value" of a row in one line.</summary>
    Export,

    /// <summary>--newline: NAME="value" in a line each.</summary>
    Newline,

    /// <summary>--json.</summary>
    Json,

    /// <summary>The details of one object: a label and a value in a line each.</summary>
    Details,
}
