namespace Pagewise.Reports.Series;

/// <summary>Who keeps something of its own for each sample of a <see cref="MemorySampler"/>, in a list beside its list.</summary>
public interface ISampleFollower
{
    /// <summary>A sample was added at the end.</summary>
    void Sampled();

    /// <summary>A sample was taken out; the last ones are first.</summary>
    /// <param name="index">Its place.</param>
    void Removed(int index);
}
