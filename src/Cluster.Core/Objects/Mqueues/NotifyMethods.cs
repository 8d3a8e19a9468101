namespace Cluster.Core.Objects.Mqueues;

/// <summary>sigev_notify of sigevent(3type), with the values that Linux has.</summary>
internal static class NotifyMethods
{
    public const int Signal = 0;
    public const int None = 1;
    public const int Thread = 2;
}
