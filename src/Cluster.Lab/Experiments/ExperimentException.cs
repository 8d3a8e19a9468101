namespace Cluster.Lab.Experiments;

/// <summary>The experiment could not be run. This shows nothing about the promises of the product.</summary>
/// <param name="message">The reason, for the user.</param>
public sealed class ExperimentException(string message) : Exception(message);
