namespace Cluster.Lab.Experiments;

/// <summary>The experiment could not be made: this says nothing about the product's promises.</summary>
/// <param name="message">Why, for the user.</param>
public sealed class ExperimentException(string message) : Exception(message);
