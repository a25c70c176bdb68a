namespace Pagewise.Kernel.Block;

/// <summary>Who is told that a request is done (bi_end_io).</summary>
public interface IBlockCompletion
{
    /// <summary>A request is done; runs when it completes.</summary>
    /// <param name="argument">What was given with the request.</param>
    void Complete(int argument);
}
