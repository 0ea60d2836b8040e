from nn.training.stopping import StopTraining


def test_the_request_says_whether_to_save():
    assert StopTraining(save=True).save
    assert not StopTraining(save=False).save
