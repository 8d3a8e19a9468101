using System.Globalization;
using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// Names an open file description that a process has been given by another one. It grants nothing by itself: only a
/// process that holds the description can use it. Its text can be sent through a message.
/// </summary>
/// <param name="Kind">The kind of the object.</param>
/// <param name="Id">The number of the object in its namespace.</param>
/// <param name="Number">The number of the description in the object.</param>
/// <param name="Name">The name with which the object was opened.</param>
public readonly record struct SharedDescription(IpcObjectKind Kind, int Id, long Number, string Name)
{
    /// <summary>The text of the description: KIND:ID:NUMBER:NAME.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(int)Kind}:{Id}:{Number}:{Name}");

    /// <summary>Reads the text of <see cref="ToString"/>.</summary>
    /// <exception cref="FormatException">It is no such text.</exception>
    public static SharedDescription Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split(':', 4);
        if (parts.Length == 4
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var kind)
            && Enum.IsDefined((IpcObjectKind)kind)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return new SharedDescription((IpcObjectKind)kind, id, number, parts[3]);
        throw new FormatException($"'{text}' is not KIND:ID:NUMBER:NAME");
    }

    internal Target Target => new() { Kind = (Kind)Kind, Id = Id };
}
