namespace Cluster.Protocol;

/// <content>What frames are measured by.</content>
public sealed partial class Result
{
    /// <summary>Bytes of the caller's data that it carries.</summary>
    public int PayloadBytes => ValueCase switch
    {
        ValueOneofCase.Message => Message.Text.Length,
        ValueOneofCase.ShmBytes => ShmBytes.Data.Length,
        _ => 0,
    };
}
