namespace Cluster.Protocol.Texts;

/// <summary>What the errors of the calls of one kind mean.</summary>
/// <param name="texts">A text for each error of a call that needs one.</param>
internal abstract class CallTexts(params (Errno Errno, string Call, string Text)[] texts)
{
    public IReadOnlyList<(Errno Errno, string Call, string Text)> Texts => texts;

    /// <summary>The text for several calls at once; null: there is none.</summary>
    public virtual string? Describe(Errno errno, string call) => null;

    /// <summary>The text of EINVAL for the commands of a control call that have no text of their own.</summary>
    /// <param name="errno">The error.</param>
    /// <param name="call">The call.</param>
    /// <param name="control">The control call: msgctl.</param>
    /// <param name="text">The text.</param>
    protected static string? Control(Errno errno, string call, string control, string text) =>
        errno == Errno.EINVAL && call.StartsWith(control + "(", StringComparison.Ordinal) ? text : null;
}
